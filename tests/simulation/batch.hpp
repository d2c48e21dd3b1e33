#pragma once

// Many seeds, each run twice: the second must be the first over again.

#include "sim/simulation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta::simulation {

struct batch_report {
  std::uint64_t transitions = 0; ///< of the first runs
  std::uint64_t hash = 0;        ///< of all their traces
  sim::mark_set marks;
  sim::fault_counts outcomes{};
  std::vector<sim::run_report> broken;
  std::vector<std::uint64_t> not_repeated; ///< seeds whose second run differed
};

[[nodiscard]] inline batch_report run_batch(sim::settings const& of, std::uint64_t first_seed,
                                            std::uint64_t seeds) {
  batch_report batch;
  for (auto seed = first_seed; seed < first_seed + seeds; ++seed) {
    auto const run = sim::simulate(of, seed);
    auto const again = sim::simulate(of, seed);
    batch.transitions += run.steps;
    batch.hash = (batch.hash ^ run.hash) * 0x100000001b3U;
    batch.marks.add(run.marks);
    for (std::size_t h = 0; h < sim::hook_count; ++h) {
      for (std::size_t o = 0; o < sim::outcome_count; ++o) {
        batch.outcomes[h][o] += run.outcomes[h][o];
      }
    }
    if (run.broken) {
      batch.broken.push_back(run);
    }
    if (run.hash != again.hash || run.steps != again.steps || !(run.marks == again.marks)) {
      batch.not_repeated.push_back(seed);
    }
  }
  return batch;
}

/// What broke, at which step of which seed, and the end of its trace.
[[nodiscard]] inline std::string explained(sim::settings const& of, sim::run_report const& run) {
  auto const trace = sim::trace_of(of, run.seed);
  auto const shown =
      trace.size() > 3000 ? trace.substr(trace.find('\n', trace.size() - 3000)) : trace;
  return "seed " + std::to_string(run.seed) + ", step " + std::to_string(run.broken->step) + ": " +
         run.broken->what + "\n" + shown;
}

[[nodiscard]] inline std::vector<std::string> missing_marks(sim::mark_set const& seen) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < sim::mark_count; ++i) {
    if (!seen.has(i)) {
      missing.emplace_back(sim::mark_names[i]);
    }
  }
  return missing;
}

} // namespace conecta::simulation
