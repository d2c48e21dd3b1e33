#pragma once

// Whether a pool restores its min_idle: with nothing lent and nobody waiting, the idle are as many
// again within a bound that follows from its options, counted from when the endpoint last failed
// the pool. Judged from outside, by the pool's statistics and the closes that its endpoint sees.
//
// Time is an argument. Thread safety: one thread.

#include <conecta/options.hpp>
#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>

namespace conecta::run {

/// How much later than promised something may be seen.
inline constexpr duration witness_slack = std::chrono::milliseconds{50};

/// backoff.limit, then open_timeout for each round of opens that the slow start after a failure
/// takes (1, 2, 4 ... at once, up to open_concurrency), and a scan_interval.
[[nodiscard]] duration restoring_bound(pool_options const& promised) noexcept;

class restoring {
 public:
  explicit restoring(pool_options const& promised)
      : min_idle_{promised.min_idle}, bound_{restoring_bound(promised)} {}

  /// A connection was opened or closed; so many there are now, lent or not.
  void holds(std::size_t live);

  enum class state : std::uint8_t {
    complete, ///< min_idle are there
    excused,  ///< something else goes on, or there is time left
    overdue,
  };
  /// `own_lag` is how late this very look is.
  [[nodiscard]] state look(pool_stats const& now_so, instant now, duration own_lag);

  [[nodiscard]] std::size_t min_idle() const noexcept { return min_idle_; }
  [[nodiscard]] duration bound() const noexcept { return bound_; }
  /// How often fewer than min_idle were left, and then as many again.
  [[nodiscard]] std::uint64_t restored() const noexcept { return restored_; }
  [[nodiscard]] bool broken_into() const noexcept { return broken_into_; }

 private:
  std::size_t min_idle_;
  duration bound_;
  bool filled_ = false;      ///< once so many were there
  bool broken_into_ = false; ///< since, and not restored yet
  std::uint64_t restored_ = 0;
  std::uint64_t failures_ = 0;
  instant owed_since_{};
  duration own_lag_since_{};
};

} // namespace conecta::run
