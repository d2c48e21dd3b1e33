#include "run/stopped_processes.hpp"

#include "run/forked.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace conecta::run {

namespace {

/// What the guard is told: written in one piece, because it is shorter than PIPE_BUF.
struct message {
  pid_t process = 0;
  char what = stops;

  static constexpr char stops = 's';
  static constexpr char resumes = 'r';
};

[[noreturn]] void throw_last(char const* what) {
  throw std::system_error{errno, std::system_category(), what};
}

// The C library of Debian 12 declares them for C only.
int open_process(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }
bool send_signal(wire::descriptor const& process, int signal) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

/// In a process that was forked from one that may have threads: system calls only, and memory that
/// was there before.
[[noreturn]] void guard(int news, std::vector<pid_t>& stopped) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  close_all_but(news, 0);
  message heard;
  while (::read(news, &heard, sizeof heard) == sizeof heard) {
    auto const was = heard.what == message::stops ? 0 : heard.process;
    auto const becomes = heard.what == message::stops ? heard.process : 0;
    auto const place = std::find(stopped.begin(), stopped.end(), was);
    if (place != stopped.end()) {
      *place = becomes;
    }
  }
  for (auto const process : stopped) {
    if (process != 0) {
      ::kill(process, SIGCONT);
    }
  }
  ::_exit(0);
}

} // namespace

stopped_processes::stopped_processes(std::size_t most) {
  std::vector<pid_t> room(most, 0);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw_last("a pipe");
  }
  wire::descriptor const read_end{ends[0]};
  guard_ = wire::descriptor{ends[1]};
  guard_id_ = ::fork();
  if (guard_id_ < 0) {
    throw_last("a process that resumes what is stopped");
  }
  if (guard_id_ == 0) {
    guard(read_end.get(), room);
  }
}

stopped_processes::~stopped_processes() {
  for (auto const& [process, each] : stopped_) {
    send_signal(each.process, SIGCONT);
    tell_guard(process, message::resumes);
  }
  guard_.close();
  ::waitpid(guard_id_, nullptr, 0);
}

void stopped_processes::stop(pid_t process) {
  auto found = stopped_.find(process);
  if (found == stopped_.end()) {
    wire::descriptor handle{open_process(process)};
    if (!handle) {
      throw_last("pidfd_open");
    }
    tell_guard(process, message::stops);
    if (!send_signal(handle, SIGSTOP)) {
      auto const why = errno;
      tell_guard(process, message::resumes);
      throw std::system_error{why, std::system_category(), "SIGSTOP"};
    }
    found = stopped_.emplace(process, stopped{std::move(handle), 0}).first;
  }
  ++found->second.times;
}

void stopped_processes::resume(pid_t process) {
  auto const found = stopped_.find(process);
  if (--found->second.times == 0) {
    send_signal(found->second.process, SIGCONT);
    tell_guard(process, message::resumes);
    stopped_.erase(found);
  }
}

void stopped_processes::tell_guard(pid_t process, char what) const {
  message const told{process, what};
  while (::write(guard_.get(), &told, sizeof told) < 0 && errno == EINTR) {
  }
}

} // namespace conecta::run
