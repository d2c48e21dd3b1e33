#pragma once

// How a histogram's buckets divide 0 ns to 1 h: HdrHistogram's layout for lowest 1, highest
// 3.6e12 and three significant digits. Buckets 0 to 2047 are one nanosecond wide; every 1024
// after that are twice as wide as the 1024 before. Pure functions.

#include <bit>
#include <cstddef>
#include <cstdint>

namespace conecta::stats::bucket_layout {

inline constexpr std::int64_t highest_trackable = 3'600'000'000'000;
inline constexpr int significant_digits = 3;
inline constexpr int half_count_bits = 10;
inline constexpr std::size_t half_count = std::size_t{1} << half_count_bits;

/// The bucket of a value. REQUIRES: 0 <= value <= highest_trackable.
[[nodiscard]] constexpr std::size_t index_of(std::int64_t value) noexcept {
  auto const ticks = static_cast<std::uint64_t>(value);
  auto const magnitude = static_cast<int>(std::bit_width(ticks)) - 1 - half_count_bits;
  if (magnitude <= 0) {
    return static_cast<std::size_t>(ticks);
  }
  return static_cast<std::size_t>(magnitude) * half_count +
         static_cast<std::size_t>(ticks >> magnitude);
}

[[nodiscard]] constexpr int magnitude_at(std::size_t index) noexcept {
  return index < 2 * half_count ? 0 : static_cast<int>(index / half_count) - 1;
}

[[nodiscard]] constexpr std::int64_t width_at(std::size_t index) noexcept {
  return std::int64_t{1} << magnitude_at(index);
}

[[nodiscard]] constexpr std::int64_t lowest_at(std::size_t index) noexcept {
  auto const magnitude = static_cast<std::size_t>(magnitude_at(index));
  return static_cast<std::int64_t>(index - magnitude * half_count) << magnitude;
}

[[nodiscard]] constexpr std::int64_t highest_at(std::size_t index) noexcept {
  return lowest_at(index) + width_at(index) - 1;
}

/// The value that stands for the whole bucket in a mean.
[[nodiscard]] constexpr std::int64_t middle_at(std::size_t index) noexcept {
  return lowest_at(index) + width_at(index) / 2;
}

inline constexpr std::size_t bucket_count =
    (index_of(highest_trackable) / half_count + 1) * half_count;

} // namespace conecta::stats::bucket_layout
