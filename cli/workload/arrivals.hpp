#pragma once

// When the requests of one stage of the open model begin. In closed form: the n-th instant is a
// function of n alone, so that no error adds up and nothing that came late moves what follows.
//
// The rate is `from` at the stage's beginning and changes evenly to `to` at its end. Pure; safe
// from any thread.

#include <conecta/time.hpp>

#include <cstdint>

namespace conecta::workload {

class arrivals {
 public:
  /// Rates a second, not negative; both 0: nothing ever begins.
  arrivals(double from, double to, duration length) noexcept;

  /// How many begin before the stage ends.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// Of the n-th, from 0, since the stage began. REQUIRES: n < count().
  [[nodiscard]] duration at(std::uint64_t n) const noexcept { return instant_of(n); }

 private:
  [[nodiscard]] duration instant_of(std::uint64_t n) const noexcept;

  double from_;
  double slope_; ///< a second, each second
  duration length_;
  std::uint64_t count_ = 0;
};

} // namespace conecta::workload
