#pragma once

// How many opens to start now: one pure function, with its table in tests/core/sizing_test.cpp.

#include <algorithm>
#include <cstddef>

namespace conecta::core {

struct demand {
  std::size_t waiters = 0;  ///< callers that want a resource each
  std::size_t min_idle = 0; ///< to be kept ready beside them
  std::size_t coming = 0;   ///< idle, or on its way to idle: opening, checking, resetting
  std::size_t vacant = 0;   ///< slots that can be opened
  std::size_t opening = 0;  ///< open hooks that run
  std::size_t limit = 0;    ///< open hooks that may run at once
};

/// What is wanted and not coming yet, as far as slots and concurrency allow.
[[nodiscard]] constexpr std::size_t opens_to_start(demand const& now) noexcept {
  auto const wanted = now.waiters + now.min_idle;
  auto const missing = wanted > now.coming ? wanted - now.coming : 0;
  auto const allowed = now.limit > now.opening ? now.limit - now.opening : 0;
  return std::min({missing, allowed, now.vacant});
}

} // namespace conecta::core
