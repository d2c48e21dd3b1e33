#pragma once

// What the simulator draws, from one seed. Each purpose has a stream of its own, so that one more
// draw for a caller does not change what the endpoint does. Integers wherever a history depends on
// it: the standard distributions and the functions of <cmath> differ between libraries.

#include "base/random.hpp"

#include <conecta/time.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace conecta::sim {

enum class purpose : std::uint8_t { pool, habits, faults, hooks, callers, clock, machine };

class chance {
 public:
  chance(std::uint64_t seed, purpose what) noexcept
      : source_{random_source{seed ^ (0x6a09e667f3bcc909U * (static_cast<std::uint64_t>(what) + 1))}
                    .next()} {}

  [[nodiscard]] std::uint64_t next() noexcept { return source_.next(); }

  /// Uniform in [0, bound). REQUIRES: 0 < bound <= 2^32.
  [[nodiscard]] std::size_t below(std::uint64_t bound) noexcept {
    return static_cast<std::size_t>(((next() >> 32U) * bound) >> 32U);
  }

  [[nodiscard]] std::size_t between(std::size_t low, std::size_t high) noexcept {
    return low + below(high - low + 1);
  }

  [[nodiscard]] double unit() noexcept { return source_.next_unit(); }
  [[nodiscard]] bool happens(double probability) noexcept { return unit() < probability; }

  /// Uniform in [0, most].
  [[nodiscard]] duration up_to(duration most) noexcept {
    return most <= duration::zero() ? duration::zero()
                                    : duration{static_cast<duration::rep>(
                                          next() % (static_cast<std::uint64_t>(most.count()) + 1))};
  }

  /// From `least` to `most`, every doubling as likely as the next. REQUIRES: 0 < least <= most.
  [[nodiscard]] duration spread(duration least, duration most) noexcept {
    auto const ratio = static_cast<std::uint64_t>(most / least);
    auto const doublings = below(static_cast<std::uint64_t>(std::bit_width(ratio)));
    auto const start = least * (std::int64_t{1} << doublings);
    auto const length = start > most - start ? most - start : start;
    return start + up_to(length);
  }

 private:
  random_source source_;
};

} // namespace conecta::sim
