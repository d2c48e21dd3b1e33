#pragma once

// Makes a result of what a run has gathered: sums cells, takes differences of snapshots.

#include "run/recorder.hpp"
#include "run/result.hpp"
#include "run/sampler.hpp"
#include "run/service.hpp"
#include "scenario/model.hpp"

#include <ctime>
#include <memory>
#include <vector>

namespace conecta::run {

/// The pools' figures at the ends of a fault's window; empty where the run ended before.
struct window_snapshots {
  snapshot before;
  snapshot after;
};

struct gathered {
  scenario::scenario const& what;
  std::vector<std::unique_ptr<service>> const& services;
  recorder const& records;
  sampler const& samples;
  instant origin{};
  instant load_ended{};
  std::vector<snapshot> const& stage_starts; ///< of each that began, and the end of the last
  std::vector<window_snapshots> windows;     ///< one a fault
  std::time_t started_at = 0;
  duration load_thread_time{0}; ///< processor time of the thread that makes the load, while it did
};

/// Everything but how it ended and the verdict. REQUIRES: the services are finished.
[[nodiscard]] result assemble(gathered const& facts);

/// One successful open on some endpoint; on UDP without a check, one reply, where any is awaited.
[[nodiscard]] bool reached_anything(gathered const& facts);

} // namespace conecta::run
