#pragma once

// Reads a trace (trace.hpp), feeds its events to a fresh machine built as its header says, and
// compares what comes of each with what is written. An event without a line below it is one of
// which nothing came; in a trace whose events have none at all, nothing is compared, and the
// promises of the pool are all that is judged.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::sim {

enum class replay_verdict : std::uint8_t {
  same,      ///< all came out as written
  different, ///< something else came out
  broken,    ///< what came out breaks a promise of the pool
  malformed, ///< this is no trace
};

struct replay_report {
  replay_verdict verdict = replay_verdict::same;
  std::uint64_t events = 0;
  std::size_t line = 0; ///< that `what` is about, from 1
  std::string what{};
};

[[nodiscard]] replay_report replay(std::string_view trace);

} // namespace conecta::sim
