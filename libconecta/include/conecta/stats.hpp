#pragma once

// An exact snapshot of a pool: what its slots do now, and what has happened since it was built.
//
// These hold in every snapshot:
//   opened + added = idle + leased + checking + resetting + closing + closed + detached
//   acquired       = returned + detached + leased

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace conecta {

/// Why a resource was closed.
enum class close_reason : std::uint8_t {
  idle,      ///< not used for idle_timeout
  lifetime,  ///< older than its max_lifetime
  uses,      ///< lent max_uses times
  unhealthy, ///< its check or reset failed
  surplus,   ///< more than the pool may hold
  stale,     ///< from an earlier generation, or with bytes nobody asked for
  broken,    ///< whoever held it found it unusable
  discarded, ///< whoever held it did not want it back
  shutdown,  ///< the pool was closed
};

inline constexpr std::size_t close_reason_count = 9;
[[nodiscard]] std::string_view name_of(close_reason reason) noexcept;

/// A count for every close_reason.
class counts_by_reason {
 public:
  [[nodiscard]] std::uint64_t operator[](close_reason reason) const noexcept {
    return counts_[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t& operator[](close_reason reason) noexcept {
    return counts_[static_cast<std::size_t>(reason)];
  }
  friend bool operator==(counts_by_reason const&, counts_by_reason const&) = default;

 private:
  std::array<std::uint64_t, close_reason_count> counts_{};
};

/// What the slots do at one moment. Without the leases that were reclaimed they add up to at most
/// max_size, but for a while after it was made smaller; the rest is vacant.
struct pool_counts {
  std::size_t idle = 0;
  std::size_t leased = 0;
  std::size_t opening = 0;
  std::size_t checking = 0;
  std::size_t resetting = 0;
  std::size_t closing = 0;
  std::size_t stuck = 0; ///< of those above: hooks that outlived their timeout
  std::size_t waiters = 0;
  friend bool operator==(pool_counts const&, pool_counts const&) = default;
};

struct pool_stats : pool_counts {
  std::uint64_t opened = 0;
  std::uint64_t open_failed = 0;
  std::uint64_t closed = 0;
  counts_by_reason closed_by;
  counts_by_reason evicted_by; ///< of closed_by: those that nobody held, but for shutdown
  std::uint64_t acquired = 0;
  std::uint64_t returned = 0; ///< leases that ended, but for those detached
  std::uint64_t timed_out = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t rejected = 0; ///< refused: queue full, exhausted, suspended, closed, opens failing
  std::uint64_t checks_ok = 0;
  std::uint64_t checks_failed = 0;
  std::uint64_t detached = 0;
  std::uint64_t added = 0;
  std::uint64_t leaked = 0;          ///< leases that were held for longer than leak_threshold
  std::uint64_t reclaimed = 0;       ///< of those, the ones whose place was taken back
  std::uint64_t observer_errors = 0; ///< exceptions that came out of the observer
  std::size_t peak_live = 0;         ///< opening to closing
  std::size_t peak_leased = 0;
  std::size_t peak_waiters = 0;
  std::size_t max_size = 0; ///< as it is now
  friend bool operator==(pool_stats const&, pool_stats const&) = default;
};

} // namespace conecta
