#include "commands/output.hpp"

#include "commands/exit_code.hpp"
#include "report/safe_text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace conecta::command {

namespace {

std::string reason(std::string const& path) {
  return (path == "-" ? "standard output" : path) + ": " + std::strerror(errno);
}

// A reason if it could not.
std::string write_all(std::string const& path, std::string_view text) {
  auto const to_stdout = path == "-";
  auto const file = to_stdout
                        ? STDOUT_FILENO
                        : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) {
    return reason(path);
  }
  std::string failed;
  while (!text.empty() && failed.empty()) {
    auto const written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failed = reason(path);
    }
  }
  if (!to_stdout && ::close(file) != 0 && failed.empty()) {
    failed = reason(path);
  }
  return failed;
}

} // namespace

int put(char const* command, std::string const& path, std::string_view text, int otherwise) {
  auto const failed = write_all(path, text);
  return failed.empty() ? otherwise : say_cannot_write(command, failed);
}

int say_cannot_write(char const* command, std::string const& obstacle) {
  std::fprintf(stderr, "conecta %s: cannot write %s\n", command,
               report::safe_text(obstacle).c_str());
  return cannot_write;
}

std::string refuse_empty(std::string const& path) {
  return path.empty() ? "is empty; allowed: a path, or - for standard output" : "";
}

bool is_one_file(std::string const& one, std::string const& other) {
  if (one.empty() || other.empty() || one == "-" || other == "-") {
    return !one.empty() && one == other;
  }
  struct stat first{};
  struct stat second{};
  bool const first_exists = ::stat(one.c_str(), &first) == 0;
  bool const second_exists = ::stat(other.c_str(), &second) == 0;
  if (first_exists && second_exists) {
    return S_ISREG(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  }
  if (first_exists || second_exists) {
    return false;
  }
  std::error_code none; // then they are as they were written
  auto const whole = [&](std::string const& path) {
    auto const made = std::filesystem::weakly_canonical(path, none);
    return none ? std::filesystem::path{path} : made;
  };
  return whole(one) == whole(other);
}

std::string obstacle_to_writing(std::string const& path) {
  struct stat there{};
  auto const exists = ::stat(path.c_str(), &there) == 0;
  if (path == "-" || (exists && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode))) {
    return {}; // opening a pipe is seen at its other end
  }
  auto const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return reason(path);
  }
  ::close(file);
  if (!exists) {
    ::unlink(path.c_str());
  }
  return {};
}

bool rewrites_lines(int descriptor) {
  auto const* const term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

bool takes_colours(int descriptor) {
  auto const* const no_color = std::getenv("NO_COLOR");
  return rewrites_lines(descriptor) && (no_color == nullptr || *no_color == '\0');
}

namespace {

constexpr std::array taken_signals{SIGPIPE, SIGINT, SIGTERM};
std::array<struct sigaction, taken_signals.size()> found_signals{};

} // namespace

void restore_signals() noexcept {
  for (std::size_t index = 0; index < taken_signals.size(); ++index) {
    ::sigaction(taken_signals[index], &found_signals[index], nullptr);
  }
}

void prepare_standard_streams() noexcept {
  for (std::size_t index = 0; index < taken_signals.size(); ++index) {
    ::sigaction(taken_signals[index], nullptr, &found_signals[index]);
  }
  std::signal(SIGPIPE, SIG_IGN);
  for (auto const each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(each, F_GETFD) < 0) { // an open takes the lowest that is free: this one
      static_cast<void>(::open("/dev/null", each == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

} // namespace conecta::command
