#pragma once

// The process that a pid file names: its first line is the number. Read anew each time, because who
// restarts a server writes another one. It refuses what no signal may be meant for: this process,
// process 1, and processes that are gone.
//
// Thread safety: safe from any thread.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace conecta::run {

class bad_pid_file : public std::runtime_error {
 public:
  enum class reason : std::uint8_t {
    unreadable, ///< no such file, no right to read it, or a directory
    useless,    ///< it names nobody who can be sent a signal
  };

  bad_pid_file(reason why, std::string const& text) : std::runtime_error{text}, why_{why} {}
  [[nodiscard]] reason why() const noexcept { return why_; }

 private:
  reason why_;
};

/// Throws bad_pid_file, which names the file.
[[nodiscard]] pid_t process_in(std::string const& pid_file);

} // namespace conecta::run
