#pragma once

// Bugs on purpose. In the build that is shipped `planted` is constantly false and costs nothing; in
// the one extra build for canaries (CONECTA_PLANTED_BUGS) one of them is selected at run time, and
// each checker must catch it: a checker that has never failed proves nothing.

#include <cstdint>

namespace conecta::core {

enum class bug : std::uint8_t {
  none,
  grant_to_expired_waiter,  ///< a caller whose deadline has passed is served
  newcomer_overtakes,       ///< the caller that came last is served first
  failed_open_wakes_nobody, ///< after a failed open nothing is opened for those who wait
  discard_wakes_nobody,     ///< a closed resource's place is not opened again for those who wait
  double_return_accepted,   ///< the generation of a slot is not looked at
  reaper_breaks_min_idle,   ///< the idle timeout evicts below min_idle
  expired_resource_is_lent, ///< the lifetime is not looked at before lending
  phantom_idle_after_close, ///< a late open goes idle in a closed pool
  check_leaks_capacity,     ///< what fails its check is never closed
  counter_drifts_on_cancel, ///< a cancelled caller is not counted
  opens_despite_backoff,    ///< a failed open does not hold back the next
  late_open_is_forgotten,   ///< a resource that opened after its timeout never becomes idle
  grant_to_cancelled,       ///< a cancelled caller keeps its place in the queue
  check_draws_lifetime,     ///< the jitter of the lifetime is drawn again by every check
  drained_while_lent,       ///< a closing pool does not wait for its leases
  stuck_open_is_awaited,    ///< nothing is opened in place of an open that hangs
};

#ifdef CONECTA_PLANTED_BUGS
inline bug planted_bug = bug::none;
[[nodiscard]] inline bool planted(bug which) noexcept { return planted_bug == which; }
#else
[[nodiscard]] constexpr bool planted(bug) noexcept { return false; }
#endif

} // namespace conecta::core
