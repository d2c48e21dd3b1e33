#pragma once

// Judges a result: looks up the figures that its thresholds ask for, compares them with their
// limits, and sums it up in one word. Pure. A figure that does not exist (nothing was measured,
// too few samples, never recovered) keeps no threshold, whichever way that points.

#include "run/result.hpp"
#include "scenario/metric.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace conecta::run {

struct metric_value {
  std::optional<double> value; ///< in the metric's base unit
  std::uint64_t samples = 0;   ///< what it rests on: values in a histogram, requests, or leases
  friend bool operator==(metric_value const&, metric_value const&) = default;
};

/// The figure at `path` below a block. REQUIRES: known_metric(path), and of a block: neither
/// needs_fault(path) nor is_of_schedule(path).
[[nodiscard]] metric_value value_of(block const& where, std::string_view path);

[[nodiscard]] threshold_result judge(scenario::threshold const& demanded, result const& found);

/// Incomplete if the run was interrupted; else fail if nothing was reached, a threshold is broken
/// or an invariant violated; else pass.
[[nodiscard]] verdict overall_verdict(result const& found) noexcept;

/// Fills in `thresholds` and `judged`. The last step in making a result.
void judge_all(result& found, std::span<scenario::threshold const> demanded);

} // namespace conecta::run
