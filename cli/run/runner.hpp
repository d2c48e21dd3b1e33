#pragma once

// Runs a scenario from its first stage to the drain of its last connection and returns what
// happened.
//
// Thread safety: run_scenario uses the calling thread for all of its own work; embedded servers and
// relays have threads of their own, and where a fault limits what this process may have, a process.
// It takes over SIGINT and SIGTERM while it runs: the first ends
// the load and still reports, the second ends the process at once.

#include "fault/upstream.hpp"
#include "run/result.hpp"
#include "scenario/model.hpp"

#include <functional>
#include <stdexcept>

namespace conecta::run {

struct finished_run {
  result found;
  int interrupted_by = 0; ///< the signal, if one ended it
  /// The core's events up to the first invariant that was violated, as `simulate --replay` reads
  /// them; empty: none was, or there were too many to keep.
  std::string trace{};
};

/// Called once a second, and at the end, with what has passed of the whole.
using progress = std::function<void(series_point const& latest, duration whole)>;

/// More descriptors are needed than this process may have.
class too_few_descriptors : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A faulty endpoint's relay must know where to relay to before the run.
using fault::unknown_host;

/// Throws too_few_descriptors, unknown_host or bad_pid_file before it starts anything, and
/// std::system_error where an embedded server or a relay cannot have its socket. Faults that send
/// signals send them: whether they may is asked by the caller.
[[nodiscard]] finished_run run_scenario(scenario::scenario const& what, progress const& report);

} // namespace conecta::run
