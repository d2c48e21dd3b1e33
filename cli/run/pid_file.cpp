#include "run/pid_file.hpp"

#include "scenario/wording.hpp"
#include "wire/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace conecta::run {

namespace {

/// Of Linux: 2^22.
constexpr long highest_process = 4'194'304;

[[noreturn]] void refuse(bad_pid_file::reason why, std::string const& file, std::string text) {
  throw bad_pid_file{why, "pid file " + scenario::printable(file) + ": " + std::move(text)};
}

std::string first_line_of(std::string const& file) {
  std::string line(64, '\0');
  wire::descriptor const opened{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  auto const size = opened ? ::read(opened.get(), line.data(), line.size()) : -1;
  if (size < 0) {
    refuse(bad_pid_file::reason::unreadable, file, std::strerror(errno));
  }
  line.resize(std::min(static_cast<std::size_t>(size), line.find('\n')));
  line.resize(line.find_last_not_of(" \t\r") + 1);
  return line;
}

/// It has ended, and only waits for its parent to hear of it.
bool is_dead(pid_t process) {
  std::ifstream stream{"/proc/" + std::to_string(process) + "/stat"};
  std::string text;
  std::getline(stream, text);
  auto const name_ends = text.rfind(')'); // "PID (NAME) STATE ..."
  return name_ends != std::string::npos && name_ends + 2 < text.size() &&
         (text[name_ends + 2] == 'Z' || text[name_ends + 2] == 'X');
}

} // namespace

pid_t process_in(std::string const& pid_file) {
  using enum bad_pid_file::reason;
  auto const line = first_line_of(pid_file);
  long number = 0;
  auto const parsed = std::from_chars(line.data(), line.data() + line.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != line.data() + line.size() || number < 1 ||
      number > highest_process) {
    refuse(useless, pid_file,
           "found " + scenario::in_quotes(line) + "; allowed: a process number from 2 to " +
               std::to_string(highest_process));
  }
  auto const process = static_cast<pid_t>(number);
  if (process == 1) {
    refuse(useless, pid_file, "found 1, which all others depend on");
  }
  if (process == ::getpid()) {
    refuse(useless, pid_file, "found " + line + ", which is conecta itself");
  }
  if (::kill(process, 0) != 0) {
    refuse(useless, pid_file,
           "found " + line +
               (errno == EPERM ? ", which this user may not send signals to"
                               : ", and there is no such process"));
  }
  if (is_dead(process)) {
    refuse(useless, pid_file, "found " + line + ", which has ended");
  }
  return process;
}

} // namespace conecta::run
