#include "run/restoring.hpp"

#include <algorithm>
#include <chrono>

namespace conecta::run {

namespace {

std::size_t rounds_of_opens(pool_options const& promised) noexcept {
  std::size_t rounds = 0;
  std::size_t at_once = 1;
  for (auto left = promised.min_idle; left > 0; ++rounds) {
    auto const begun = std::min({left, at_once, promised.open_concurrency});
    left -= begun;
    at_once += begun;
  }
  return rounds;
}

/// What the endpoint did to the pool, not the pool by itself.
std::uint64_t failures_in(pool_stats const& stats) {
  return stats.open_failed + stats.closed_by[close_reason::unhealthy] +
         stats.closed_by[close_reason::broken] + stats.closed_by[close_reason::stale];
}

} // namespace

duration restoring_bound(pool_options const& promised) noexcept {
  constexpr auto longest = duration::max() / 4; // so that sums are in range
  auto const rounds = static_cast<duration::rep>(rounds_of_opens(promised));
  auto const opens = rounds > 0 && promised.open_timeout > longest / rounds
                         ? longest
                         : promised.open_timeout * rounds;
  return promised.backoff.limit + opens + promised.scan_interval;
}

void restoring::holds(std::size_t live) {
  filled_ = filled_ || live >= min_idle_;
  broken_into_ = broken_into_ || (filled_ && live < min_idle_);
}

restoring::state restoring::look(pool_stats const& now_so, instant now, duration own_lag) {
  auto const failures = failures_in(now_so);
  auto const failed_again = failures != failures_;
  failures_ = failures;
  // What is being checked is not lent, and comes back by itself.
  if (now_so.idle + now_so.checking >= min_idle_) {
    restored_ += broken_into_ ? 1U : 0U;
    broken_into_ = false;
    owed_since_ = now;
    own_lag_since_ = {};
    return state::complete;
  }
  auto const busy = now_so.leased + now_so.waiters + now_so.resetting + now_so.closing > 0;
  if (busy || failed_again || owed_since_ == instant{}) {
    owed_since_ = now;
    own_lag_since_ = {};
    return state::excused;
  }
  own_lag_since_ += own_lag;
  auto const allowed = bound_ + own_lag_since_ + witness_slack;
  return now - owed_since_ > allowed ? state::overdue : state::excused;
}

} // namespace conecta::run
