#pragma once

// What a scenario demands of a run: one figure of its result, and the limit that it must keep.
// Pure data: which metrics exist is said in scenario/metric.hpp, how one is judged in
// run/verdict.hpp.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::scenario {

enum class bound : std::uint8_t { max, min, equals };

[[nodiscard]] constexpr std::string_view name_of(bound value) noexcept {
  switch (value) {
  case bound::max:
    return "max";
  case bound::min:
    return "min";
  case bound::equals:
    return "equals";
  }
  return "";
}

struct threshold {
  std::string metric; ///< a path below a block: "wait.p99", "pool.closed_by.idle"
  // Where to look: nowhere said, the whole recorded time.
  std::optional<std::string> stage;
  std::optional<std::string> endpoint;
  std::optional<std::string> fault;
  bound kind = bound::max;
  double limit = 0; ///< in the metric's base unit: nanoseconds for a duration, else a plain number
  std::optional<std::uint64_t> min_samples; ///< with fewer, the threshold is not kept
  friend bool operator==(threshold const&, threshold const&) = default;
};

} // namespace conecta::scenario
