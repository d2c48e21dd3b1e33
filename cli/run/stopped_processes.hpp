#pragma once

// Processes of others that this one has stopped, each until it is resumed as often as it was
// stopped. None stays stopped, however this process ends: a second process, the guard, waits for
// that and then resumes what is left. The guard takes no signals from a terminal.
//
// Thread safety: one thread.

#include "wire/descriptor.hpp"

#include <cstddef>
#include <map>
#include <sys/types.h>

namespace conecta::run {

class stopped_processes {
 public:
  /// Of at most so many at once. Throws std::system_error where there can be no guard.
  explicit stopped_processes(std::size_t most);
  stopped_processes(stopped_processes const&) = delete;
  stopped_processes& operator=(stopped_processes const&) = delete;
  /// Resumes all, ends the guard.
  ~stopped_processes();

  /// SIGSTOP. Throws std::system_error where it cannot be sent.
  void stop(pid_t process);
  /// SIGCONT, when nobody else wants it stopped. REQUIRES: it was stopped.
  void resume(pid_t process);

 private:
  struct stopped {
    wire::descriptor process; ///< its number may be given to another when it has ended
    std::size_t times = 0;
  };

  void tell_guard(pid_t process, char what) const;

  wire::descriptor guard_;
  pid_t guard_id_ = 0;
  std::map<pid_t, stopped> stopped_;
};

} // namespace conecta::run
