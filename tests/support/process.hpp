#pragma once

// Another program, run as a user would run it: started with arguments and input, perhaps signalled,
// and waited for. Its output is collected while it runs, so that it never blocks on a full pipe.
//
// Thread safety: one thread.

#include "wire/descriptor.hpp"

#include <conecta/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace conecta::support {

struct ended_process {
  int code = -1; ///< the exit code; 128 + signal if a signal ended it, as a shell has it
  std::string out;
  std::string err;
};

class process {
 public:
  struct surroundings {
    std::string input = {};                    ///< on standard input
    std::optional<std::string> output_to = {}; ///< a file in place of the collecting pipe
    std::vector<std::string> variables = {};   ///< "NAME=VALUE", over those of this process
  };

  /// Throws std::system_error if the program cannot be started.
  explicit process(std::vector<std::string> const& command);
  process(std::vector<std::string> const& command, surroundings around);
  process(process const&) = delete;
  process& operator=(process const&) = delete;
  /// Kills what still runs.
  ~process();

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  void signal(int number) const;
  /// What it prints first, without the line's end; throws if it does not within `patience`.
  [[nodiscard]] std::string first_line(duration patience = std::chrono::seconds{60});
  /// Kills it and throws if it has not ended within `patience`.
  [[nodiscard]] ended_process wait(duration patience = std::chrono::seconds{60});

 private:
  enum class until : std::uint8_t { line, end };
  void collect(until what, duration patience);

  pid_t id_ = 0;
  wire::descriptor out_;
  wire::descriptor err_;
  ended_process ended_;
};

/// Starts it and waits.
[[nodiscard]] ended_process run_process(std::vector<std::string> const& command,
                                        process::surroundings around = {});

} // namespace conecta::support
