#pragma once

// The names of the figures that a threshold may ask for. A metric is a path below a block of the
// result without a leading "latency." and without "_ns": "wait.p99", "requests.error_ratio",
// "pool.closed_by.idle". "injected" and "recovered_after" belong to a fault, "schedule_lag.p99" and
// its like to the tool itself. Pure; safe from any thread.

#include "scenario/threshold.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::scenario {

enum class metric_unit : std::uint8_t {
  duration,   ///< a limit is written "5ms" and counted in nanoseconds
  count,      ///< a whole number
  ratio,      ///< 0 to 1
  per_second, ///< a limit may be written "5000/s"
};

/// The unit of a metric; nothing if there is no such metric.
[[nodiscard]] std::optional<metric_unit> unit_of_metric(std::string_view path);

[[nodiscard]] inline bool known_metric(std::string_view path) {
  return unit_of_metric(path).has_value();
}

/// Every metric, in the order of the result.
[[nodiscard]] std::vector<std::string> const& all_metrics();

/// True for what is known of a fault only: a threshold on it must name one.
[[nodiscard]] constexpr bool needs_fault(std::string_view path) noexcept {
  return path == "recovered_after" || path == "injected";
}

/// True for the lag of the open model's schedule, which is of the tool and of no block.
[[nodiscard]] constexpr bool is_of_schedule(std::string_view path) noexcept {
  return path.starts_with("schedule_lag.");
}

/// True for what only a schedule has.
[[nodiscard]] constexpr bool needs_open_model(std::string_view path) noexcept {
  return is_of_schedule(path) || path == "requests.offered_per_s";
}

/// What is wrong with the combination of a threshold's selectors, if anything. Whether they exist
/// is not asked here.
[[nodiscard]] std::optional<std::string> selector_mistake(threshold const& demanded);

} // namespace conecta::scenario
