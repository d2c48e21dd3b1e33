#pragma once

// What goes wrong in a simulation: for each hook, which outcomes it has and how often. Plain data.

#include <conecta/time.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::sim {

enum class hook : std::uint8_t {
  open,
  check,
  reset,
  close,
  clock, ///< no hook: what time does
};
inline constexpr std::size_t hook_count = 5;

enum class outcome : std::uint8_t {
  succeed,   ///< answers well, after delay
  refused,   ///< open: the backend says no, after delay
  fail,      ///< check and reset: the resource is bad, said after delay
  throws,    ///< the hook throws, after delay
  no_memory, ///< the hook cannot even be started: it has failed before anything else happens
  hang,      ///< no answer until it is interrupted; then stuck for delay
  late,      ///< answers well, but delay after its deadline, interrupted or not
  jump,      ///< the clock moves forward by delay between two events
};
inline constexpr std::size_t outcome_count = 8;

/// One entry of a plan. Those of one hook are drawn from together: their probabilities add up to at
/// most 1, and what is left of 1 succeeds within a moment.
struct fault {
  hook at = hook::open;
  outcome what = outcome::succeed;
  double probability = 0;
  duration delay{};
  duration jitter{}; ///< a random part of this is added to delay
  friend bool operator==(fault const&, fault const&) = default;
};

using plan = std::vector<fault>;

inline constexpr std::array<std::string_view, hook_count> hook_names{"open", "check", "reset",
                                                                     "close", "clock"};
inline constexpr std::array<std::string_view, outcome_count> outcome_names{
    "succeed", "refused", "fail", "throw", "no_memory", "hang", "late", "jump"};

[[nodiscard]] constexpr std::string_view name_of(hook which) noexcept {
  return hook_names[static_cast<std::size_t>(which)];
}
[[nodiscard]] constexpr std::string_view name_of(outcome which) noexcept {
  return outcome_names[static_cast<std::size_t>(which)];
}

/// Whether `which` can come out of `at`.
[[nodiscard]] constexpr bool fits(hook at, outcome which) noexcept {
  if (at == hook::clock || which == outcome::jump) {
    return at == hook::clock && which == outcome::jump;
  }
  return (which != outcome::refused || at == hook::open) &&
         (which != outcome::fail || at == hook::check || at == hook::reset);
}

} // namespace conecta::sim
