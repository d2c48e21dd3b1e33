#include "commands/secret.hpp"

#include "report/safe_text.hpp"
#include "wire/descriptor.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
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

std::variant<std::string, no_secret> read_all(int file, std::string const& name) {
  std::string text(longest_secret + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    auto const count = ::read(file, text.data() + size, text.size() - size);
    if (count == 0) {
      text.resize(size);
      return without_line_end(std::move(text));
    }
    if (count > 0) {
      size += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      return no_secret{"cannot read the password: " + name + ": " + std::strerror(errno)};
    }
  }
  return no_secret{"cannot read the password: " + name + ": longer than 64 KiB"};
}

} // namespace

void add_secret_options(CLI::App& command, secret_source& into) {
  auto const refuse_nothing = [](std::string const& text) {
    return text.empty() ? "is empty" : ""; // a variable of a script that was not set
  };
  auto* const file =
      command.add_option("--password-file", into.file, "The password of URLs that have none")
          ->check(refuse_nothing);
  auto* const descriptor =
      command.add_option("--password-fd", into.descriptor, "The same from an open descriptor")
          ->check(CLI::Range(0, 1 << 20).description(""))
          ->excludes(file);
  command.add_option("--password-env", into.variable, "The same from a variable")
      ->check(refuse_nothing)
      ->excludes(file)
      ->excludes(descriptor);
}

std::variant<std::string, no_secret> read_secret(secret_source const& from) {
  if (!from.variable.empty()) {
    auto const* const value = std::getenv(from.variable.c_str());
    if (value == nullptr) {
      return no_secret{"there is no password: the variable " + report::safe_text(from.variable) +
                       " is not set"};
    }
    return std::string{value};
  }
  if (from.descriptor >= 0) {
    return read_all(from.descriptor, "descriptor " + std::to_string(from.descriptor));
  }
  wire::descriptor const opened{::open(from.file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!opened) {
    return no_secret{"cannot read the password: " + report::safe_text(from.file) + ": " +
                     std::strerror(errno)};
  }
  return read_all(opened.get(), report::safe_text(from.file));
}

} // namespace conecta::command
