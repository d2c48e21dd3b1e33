#pragma once

// Situations that a batch of simulations must have seen. A generator has blind spots, too: where
// one of these never comes up, the batch proves less than it seems to.

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace conecta::sim {

// clang-format off
#define CONECTA_SIM_MARKS(X)                                                                       \
  X(granted_at_once) X(granted_after_waiting) X(timed_out) X(cancelled) X(cancel_told_too_late)    \
  X(queue_full) X(exhausted) X(refused_by_a_closed_pool) X(waiters_refused_at_close)               \
  X(several_waits_end_at_once) X(return_overtakes_an_open) X(every_slot_taken)                     \
  X(open_failed) X(open_stuck) X(late_open_goes_idle) X(late_open_is_closed)                       \
  X(prober_after_failure) X(backend_back_after_failures) X(backoff_at_its_limit)                   \
  X(check_passed) X(check_tried_again) X(check_stuck) X(reset_done) X(reset_failed) X(reset_stuck) \
  X(close_stuck) X(closed_as_idle) X(closed_for_lifetime) X(closed_for_lifetime_on_return)         \
  X(closed_as_unhealthy) X(closed_as_broken) X(detached) X(added) X(add_found_no_room)             \
  X(add_failed) X(stale_return_refused) X(stale_answer_refused) X(stale_cancel_refused)            \
  X(closed_while_lent) X(closed_while_opening) X(closed_while_checking) X(closed_while_resetting)  \
  X(spurned) X(spurned_waits_in_front) X(dead_when_opened) X(woken) X(woken_in_vain) X(suspended)  \
  X(refused_as_suspended)                                                                          \
  X(refused_as_open_failed) X(grown) X(shrunk) X(shrunk_below_what_is_lent) X(invalidated)         \
  X(stale_lease_closed) X(stale_open_closed) X(evicted_on_request) X(closed_for_uses)              \
  X(closed_as_surplus) X(checked_for_a_caller) X(overdue) X(reclaimed) X(came_back)                \
  X(hook_had_no_memory) X(hook_threw) X(clock_jumped) X(timer_was_late)
// clang-format on

enum class mark : std::uint8_t {
#define CONECTA_SIM_MARK(name) name,
  CONECTA_SIM_MARKS(CONECTA_SIM_MARK)
#undef CONECTA_SIM_MARK
};

inline constexpr std::array mark_names{
#define CONECTA_SIM_MARK(name) std::string_view{#name},
    CONECTA_SIM_MARKS(CONECTA_SIM_MARK)
#undef CONECTA_SIM_MARK
};
inline constexpr std::size_t mark_count = mark_names.size();
#undef CONECTA_SIM_MARKS

class mark_set {
 public:
  void set(mark which) noexcept { seen_.set(static_cast<std::size_t>(which)); }
  void add(mark_set const& others) noexcept { seen_ |= others.seen_; }
  [[nodiscard]] bool has(std::size_t which) const noexcept { return seen_[which]; }
  [[nodiscard]] bool has(mark which) const noexcept { return has(static_cast<std::size_t>(which)); }
  [[nodiscard]] std::size_t size() const noexcept { return seen_.count(); }
  friend bool operator==(mark_set const&, mark_set const&) = default;

 private:
  std::bitset<mark_count> seen_;
};

} // namespace conecta::sim
