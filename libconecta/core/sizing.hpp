#pragma once

// How many opens to start now: one pure function, with its table in tests/core/sizing_test.cpp.

#include <algorithm>
#include <cstddef>

namespace conecta::core {

struct demand {
  std::size_t waiters = 0;  ///< callers that want a resource each
  std::size_t min_idle = 0; ///< to be kept ready beside them
  std::size_t initial = 0;  ///< opens that the pool's beginning still owes
  std::size_t coming = 0;   ///< idle, or on its way to idle: opening, checking, resetting
  std::size_t places = 0;   ///< more that the pool may hold
  std::size_t opening = 0;  ///< open hooks that run
  std::size_t limit = 0;    ///< open hooks that may run at once
};

/// What is wanted and not coming yet.
[[nodiscard]] constexpr std::size_t missing(demand const& now) noexcept {
  auto const wanted = now.waiters + now.min_idle;
  auto const for_callers = wanted > now.coming ? wanted - now.coming : 0;
  auto const for_beginning = now.initial > now.opening ? now.initial - now.opening : 0;
  return std::max(for_callers, for_beginning);
}

/// As many of those as places and concurrency allow.
[[nodiscard]] constexpr std::size_t opens_to_start(demand const& now) noexcept {
  auto const allowed = now.limit > now.opening ? now.limit - now.opening : 0;
  return std::min({missing(now), allowed, now.places});
}

} // namespace conecta::core
