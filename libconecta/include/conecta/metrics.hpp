#pragma once

// How long callers waited, opens took and leases were held, and all of a pool's figures in the text
// format that Prometheus reads.
//
// Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).

#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta {

/// A distribution of durations, to three significant digits; all 0 if nothing was recorded.
struct duration_summary {
  std::uint64_t count = 0;
  duration sum{};
  duration min{};
  duration max{};
  duration p50{};
  duration p90{};
  duration p99{};
  duration p99_9{};
  /// How many were at most so long: 100 us to 30 s, in steps of 1, 3 and 10.
  std::vector<std::pair<duration, std::uint64_t>> at_most = {};
};

/// Recorded if pool_options::durations asks for it.
struct pool_durations {
  duration_summary wait; ///< from acquire to the lease, of those that got one
  duration_summary open; ///< of the open hook, of those that succeeded
  duration_summary use;  ///< from the lease to its end
};

/// What one pool says of itself.
struct pool_figures {
  std::string_view name;
  pool_stats stats;
  pool_durations durations = {};
};

/// A page for a scrape: counters `conecta_pool_..._total`, gauges, and histograms of `durations` in
/// seconds if anything was recorded; each with the label pool="name", made safe. Pages of several
/// pools do not add up to one, as each family may stand there once: give them all together.
[[nodiscard]] std::string prometheus_text(std::span<pool_figures const> pools);
[[nodiscard]] std::string prometheus_text(std::string_view name, pool_stats const& stats,
                                          pool_durations const& durations = {});

} // namespace conecta
