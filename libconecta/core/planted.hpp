#pragma once

// Bugs on purpose. In the build that is shipped `planted` is constantly false and costs nothing; in
// the one extra build for canaries (CONECTA_PLANTED_BUGS) one of them is selected at run time, and
// each checker must catch it: a checker that has never failed proves nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
  resize_underflows,        ///< more than max_size, after a resize down, counts as much room
  resize_revokes_nothing,   ///< a resize down closes none of the idle
  deadline_rearmed,         ///< a caller that has to wait again gets a new deadline
  spurned_goes_last,        ///< a caller whose resource was unusable queues behind the others
  wake_up_is_lost,          ///< a woken caller that leaves takes its wake-up along
  overtaken_for_ever,       ///< a waiting caller may be passed over without end
  herd_after_recovery,      ///< after an outage all opens start at once
  expiry_missed_on_return,  ///< a resource past its lifetime comes back as if it were not
  uses_off_by_one,          ///< a resource is lent once more than max_uses
  max_idle_ignored,         ///< idle ones beyond max_idle are kept
  suspended_pool_lends,     ///< a suspended pool serves newcomers
  stale_lease_comes_back,   ///< a resource lent before an invalidate is lent again
  stale_open_arrives,       ///< a resource whose open began before an invalidate is lent
  bad_check_is_retried, ///< a check for a caller that failed is tried again while the caller waits
  suspicion_is_forgotten,  ///< one bad check does not make the older ones suspect
  unchecked_is_lent,       ///< what was idle for long is lent without a check
  check_counter_drifts,    ///< a check for a caller that ended counts as one under way
  replacement_comes_late,  ///< nothing is opened before one at the end of its life is closed
  initial_size_for_ever,   ///< opens for initial_size go on when it was reached
  fail_fast_tells_nobody,  ///< callers wait for opens that fail
  leak_is_not_seen,        ///< only the first lease of a resource is watched
  reclaimed_place_is_lost, ///< a place that was taken back from a lease is never given back
  return_misses_the_queue, ///< what comes back goes idle though somebody has queued meanwhile
  lent_during_its_check,   ///< a resource is lent while its check runs
  not_begun_is_bad,        ///< a check that was called off before it began counts as a bad one
  dead_open_is_no_failure, ///< what looks dead as soon as it has opened is opened again at once
};
inline constexpr std::size_t bug_count = 43;

inline constexpr std::array<std::string_view, bug_count> bug_names{{
    "none",
    "grant_to_expired_waiter",
    "newcomer_overtakes",
    "failed_open_wakes_nobody",
    "discard_wakes_nobody",
    "double_return_accepted",
    "reaper_breaks_min_idle",
    "expired_resource_is_lent",
    "phantom_idle_after_close",
    "check_leaks_capacity",
    "counter_drifts_on_cancel",
    "opens_despite_backoff",
    "late_open_is_forgotten",
    "grant_to_cancelled",
    "check_draws_lifetime",
    "drained_while_lent",
    "stuck_open_is_awaited",
    "resize_underflows",
    "resize_revokes_nothing",
    "deadline_rearmed",
    "spurned_goes_last",
    "wake_up_is_lost",
    "overtaken_for_ever",
    "herd_after_recovery",
    "expiry_missed_on_return",
    "uses_off_by_one",
    "max_idle_ignored",
    "suspended_pool_lends",
    "stale_lease_comes_back",
    "stale_open_arrives",
    "bad_check_is_retried",
    "suspicion_is_forgotten",
    "unchecked_is_lent",
    "check_counter_drifts",
    "replacement_comes_late",
    "initial_size_for_ever",
    "fail_fast_tells_nobody",
    "leak_is_not_seen",
    "reclaimed_place_is_lost",
    "return_misses_the_queue",
    "lent_during_its_check",
    "not_begun_is_bad",
    "dead_open_is_no_failure",
}};

#ifdef CONECTA_PLANTED_BUGS
inline bug planted_bug = bug::none;
[[nodiscard]] inline bool planted(bug which) noexcept { return planted_bug == which; }
#else
[[nodiscard]] constexpr bool planted(bug) noexcept { return false; }
#endif

} // namespace conecta::core
