#pragma once

// The two words for time used everywhere: a monotonic instant and a duration, both in nanoseconds.
// The pool's core never reads a clock; it is told the instant with every event.

#include <chrono>

namespace conecta {

using duration = std::chrono::nanoseconds;
using instant = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// Later than any instant that a clock returns: "no deadline".
inline constexpr instant never = instant::max();

/// `start + delay`, or `never` where the sum would overflow.
[[nodiscard]] constexpr instant saturating_add(instant start, duration delay) noexcept {
  if (delay > duration::zero() && start > never - delay) {
    return never;
  }
  return start + delay;
}

} // namespace conecta
