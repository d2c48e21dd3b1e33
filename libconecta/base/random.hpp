#pragma once

// Random numbers that are the same everywhere: the standard engines are portable, the standard
// distributions are not. SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, OOPSLA 2014): 64 bits of state, so that copying a machine copies its chance too.

#include <cstdint>

namespace conecta {

class random_source {
 public:
  explicit constexpr random_source(std::uint64_t seed) noexcept : state_{seed} {}

  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  /// Uniform in [0, 1), with 53 random bits.
  [[nodiscard]] constexpr double next_unit() noexcept {
    return static_cast<double>(next() >> 11U) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

} // namespace conecta
