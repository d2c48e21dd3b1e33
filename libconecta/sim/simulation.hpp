#pragma once

// A pool under a seed: simulated callers, a simulated endpoint whose hooks fail by a plan, a
// virtual clock. The same seed and settings give the same history on every machine and compiler. No
// threads, no real clock, no I/O; a run touches nothing outside of it.

#include "sim/marks.hpp"
#include "sim/plan.hpp"

#include <conecta/options.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace conecta::sim {

/// How often the machine's own invariants are looked at; they cost O(max_size + waiters). The
/// simulator's books are compared with the machine after every event in any case.
enum class inspection : std::uint8_t { every_event, sampled };

/// What is not given each seed draws for itself, and leaves some of it out.
struct settings {
  std::optional<pool_options> pool{};
  bool checks = true; ///< whether the endpoint has a check hook; drawn, too, where pool is drawn
  bool resets = true;
  std::optional<plan> faults{};
  std::optional<std::size_t> callers{};
  std::uint64_t steps = 2000; ///< events before the faults stop
  inspection inspect = inspection::every_event;
};

struct breach {
  std::uint64_t step = 0; ///< the event after which it was seen, from 1
  std::string what;
};

using fault_counts = std::array<std::array<std::uint64_t, outcome_count>, hook_count>;

struct run_report {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0; ///< events that were fed
  std::uint64_t hash = 0;  ///< of the whole trace
  duration simulated{};
  mark_set marks;
  fault_counts outcomes{}; ///< how often each was drawn
  std::optional<breach> broken;
};

[[nodiscard]] run_report simulate(settings const& of, std::uint64_t seed);

/// The same run once more, as text that replay() reads.
[[nodiscard]] std::string trace_of(settings const& of, std::uint64_t seed);

} // namespace conecta::sim
