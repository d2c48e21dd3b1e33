#include "commands/secret.hpp"

#include "report/safe_text.hpp"
#include "wire/descriptor.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace conecta::command {

namespace {

constexpr std::size_t longest_secret = 64 * 1024;

std::string without_line_end(std::string text) {
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  if (text.ends_with('\r')) {
    text.pop_back();
  }
  return text;
}

using secret = std::variant<std::string, no_secret>;

secret cannot_read(std::string const& name, std::string const& why) {
  return no_secret{"cannot read the password: " + name + ": " + why};
}

secret checked(std::string text, std::string const& name) {
  text = without_line_end(std::move(text));
  return text.empty() ? cannot_read(name, "it is empty") : secret{std::move(text)};
}

bool is_readable_soon(int file) {
  constexpr int patience_ms = 10'000;
  pollfd waiting{file, POLLIN, 0};
  return ::poll(&waiting, 1, patience_ms) == 1;
}

secret read_all(int file, std::string const& name) {
  std::string text(longest_secret + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    auto const count = ::read(file, text.data() + size, text.size() - size);
    if (count == 0) {
      text.resize(size);
      return checked(std::move(text), name);
    }
    if (count > 0) {
      size += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      if (!is_readable_soon(file)) {
        return cannot_read(name, "nothing came within 10 s");
      }
    } else if (errno != EINTR) {
      return cannot_read(name, std::strerror(errno));
    }
  }
  return cannot_read(name, "it is longer than 64 KiB");
}

} // namespace

void add_secret_options(CLI::App& command, secret_source& into) {
  auto const refuse_nothing = [](std::string const& text) {
    return text.empty() ? "is empty" : ""; // a variable of a script that was not set
  };
  auto* const file =
      command.add_option("--password-file", into.file, "The password of URLs that have none")
          ->type_name("FILE")
          ->check(refuse_nothing);
  auto* const descriptor =
      command.add_option("--password-fd", into.descriptor, "The same from an open descriptor")
          ->type_name("N")
          ->check(CLI::Range(0, 1 << 20).description(""))
          ->excludes(file);
  command.add_option("--password-env", into.variable, "The same from a variable")
      ->type_name("NAME")
      ->check(refuse_nothing)
      ->excludes(file)
      ->excludes(descriptor);
}

secret read_secret(secret_source const& from) {
  if (!from.variable.empty()) { // whose name is not repeated: it may be a password itself
    std::string const name = "the variable of --password-env";
    auto const* const value = std::getenv(from.variable.c_str());
    return value == nullptr ? cannot_read(name, "it is not set") : checked(value, name);
  }
  if (from.descriptor >= 0) {
    return read_all(from.descriptor, "descriptor " + std::to_string(from.descriptor));
  }
  auto const name = report::safe_text(without_credentials(from.file));
  wire::descriptor const opened{::open(from.file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  return opened ? read_all(opened.get(), name) : cannot_read(name, std::strerror(errno));
}

std::string without_credentials(std::string text) {
  constexpr std::string_view after_scheme = "://";
  for (auto at = text.find(after_scheme); at != std::string::npos;
       at = text.find(after_scheme, at)) {
    at += after_scheme.size();
    auto const end = text.find_first_of(" \t\n", at);
    auto const sign = text.rfind('@', end);
    if (sign != std::string::npos && sign >= at) {
      text.replace(at, sign - at, "***");
    }
  }
  return text;
}

} // namespace conecta::command
