// What holds in a machine, and what a slot goes through: the steps of every event.

#include "base/assert.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

#include <algorithm>
#include <numeric>

namespace conecta::core {

// What holds now.

std::size_t machine::coming() const noexcept {
  auto const lost = planted(bug::stuck_open_is_awaited) ? 0 : unawaited_;
  return count(slot_state::idle) + count(slot_state::opening) + count(slot_state::checking) +
         count(slot_state::resetting) - lost - (planted(bug::replacement_comes_late) ? 0 : ageing_);
}

/// Of max_size: a lease that was written off has no place any more.
std::size_t machine::occupied() const noexcept {
  return slots_.size() - count(slot_state::vacant) - written_off_;
}

demand machine::wanted(std::size_t callers) const noexcept {
  auto const full = planted(bug::resize_underflows) ? options_.max_size == occupied()
                                                    : options_.max_size <= occupied();
  auto const room = full ? 0 : std::min(options_.max_size - occupied(), vacant_.size());
  return {.waiters = callers,
          .min_idle = options_.min_idle,
          .initial = initial_left_,
          .coming = coming(),
          .places = room,
          .opening = count(slot_state::opening)};
}

bool machine::nothing_is_left() const noexcept {
  auto const lent = planted(bug::drained_while_lent) ? count(slot_state::leased) : 0;
  return count(slot_state::vacant) + lent == slots_.size();
}

bool machine::is_unused(slot_record const& that, instant now) const noexcept {
  return options_.idle_timeout && now >= saturating_add(that.idle_since, *options_.idle_timeout);
}

/// Whether min_idle are left without it. Those whose replacement was asked for do not count.
bool machine::is_spare(slot_record const& that) const noexcept {
  return count(slot_state::idle) > options_.min_idle + (that.ageing ? 0 : ageing_);
}

/// Idle for too long, and not what min_idle keeps.
bool machine::is_surplus_idle(slot_record const& that, instant now) const noexcept {
  return is_unused(that, now) && (is_spare(that) || planted(bug::reaper_breaks_min_idle));
}

/// Whether it can be lent without a check.
bool machine::is_fresh(std::uint32_t index, instant now) const noexcept {
  if (!hooks_.check || index == vouched_) {
    return true;
  }
  auto const& that = slots_[index];
  if (that.proven_at <= suspect_before_) {
    return false;
  }
  switch (options_.check_on_acquire) {
  case acquire_check::none:
    return true;
  case acquire_check::if_idle_for:
    return now - std::max(that.idle_since, that.proven_at) < options_.check_if_idle_for ||
           planted(bug::unchecked_is_lent);
  case acquire_check::always:
    return false;
  }
  return true;
}

bool machine::awaits_check(std::uint32_t index) const noexcept {
  auto const& that = slots_[index];
  return index >= check_cursor_ && that.state == slot_state::idle &&
         that.idle_since <= scan_started_;
}

bool machine::may_check_for(std::size_t callers) const noexcept {
  return on_demand_ < callers && count(slot_state::checking) < options_.check_concurrency;
}

/// In strict order nobody is served before those that wait.
bool machine::newcomers_may_take() const {
  auto const barging = options_.fair == fairness::barging && !waiters_.empty();
  auto const lending = lends() || (suspended_ && planted(bug::suspended_pool_lends));
  return lending && (waiters_.empty() || (barging && !head_goes_first()));
}

/// Whether the first in the queue is served even where others may barge in: it was passed over too
/// often, or waits for the very resource that was checked for it.
bool machine::head_goes_first() const {
  return options_.fair == fairness::strict ||
         (waiters_.times_overtaken(waiters_.front()) >= options_.max_overtaken &&
          !planted(bug::overtaken_for_ever)) ||
         (vouched_ != nobody && hooks_.check && options_.check_on_acquire != acquire_check::none);
}

std::optional<close_reason> machine::worn_out(slot_record const& that, instant now) const noexcept {
  if (that.written_off) {
    return close_reason::surplus;
  }
  if (that.stale) {
    return close_reason::stale;
  }
  if (is_expired(that, now) && !planted(bug::expiry_missed_on_return)) {
    return close_reason::lifetime;
  }
  auto const extra = planted(bug::uses_off_by_one) ? 1U : 0U;
  if (options_.max_uses && that.uses >= *options_.max_uses + extra) {
    return close_reason::uses;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> machine::find(slot_ref named, slot_state expected) const {
  if (named.index >= slots_.size() || slots_[named.index].state != expected) {
    return std::nullopt;
  }
  if (slots_[named.index].generation != named.generation && !planted(bug::double_return_accepted)) {
    return std::nullopt;
  }
  return named.index;
}

// What a slot goes through.

void machine::move(std::uint32_t index, slot_input input) {
  auto& state = slots_[index].state;
  auto const to = next_state(state, input);
  CONECTA_ASSERT(to.has_value(), "machine: a transition that the table does not have");
  --counts_[static_cast<std::size_t>(state)];
  ++counts_[static_cast<std::size_t>(*to)];
  state = *to;
  stats_.peak_leased = std::max(stats_.peak_leased, count(slot_state::leased));
  stats_.peak_live = std::max(stats_.peak_live, slots_.size() - count(slot_state::vacant));
}

/// What leaves the machine's hands gets a new generation, so that old messages about it are stale.
slot_ref machine::hand_out(std::uint32_t index, slot_input input) {
  move(index, input);
  ++slots_[index].generation;
  return ref(index);
}

/// The slots from `first` on, to be opened in the order of their numbers, after those that are
/// vacant already. REQUIRES: the memory is reserved.
void machine::bring_in_vacant(std::size_t first) noexcept {
  auto const count = static_cast<std::ptrdiff_t>(slots_.size() - first);
  vacant_.insert(vacant_.begin(), slots_.size() - first, 0);
  std::iota(vacant_.rend() - count, vacant_.rend(), static_cast<std::uint32_t>(first));
}

std::uint32_t machine::next_vacant() {
  auto const index = vacant_.back();
  vacant_.pop_back();
  return index;
}

slot_ref machine::start_hook(std::uint32_t index, slot_input input, instant now, duration timeout) {
  auto const slot = hand_out(index, input);
  deadlines_.add(index, saturating_add(now, timeout));
  return slot;
}

/// REQUIRES: still in the state of the hook.
void machine::end_hook(std::uint32_t index) {
  auto& that = slots_[index];
  deadlines_.forget(index);
  if (that.state != slot_state::closing) {
    unawaited_ -= that.stuck || that.stale ? 1U : 0U;
  }
  stuck_ -= that.stuck ? 1U : 0U;
  on_demand_ -= is_waited_for(that) && !planted(bug::check_counter_drifts) ? 1U : 0U;
  that.stuck = false;
  that.on_demand = false;
}

/// Whoever waits for what its hook would bring waits for something else from now on.
void machine::give_up_on(slot_record& that) {
  if (that.state == slot_state::closing || that.stuck || that.stale) {
    return;
  }
  ++unawaited_;
  on_demand_ -= that.on_demand ? 1U : 0U;
  if (that.ageing) {
    --ageing_;
    that.ageing = false;
    eviction_due_ = instant::min(); // should it come back, its replacement is asked for again
  }
}

/// Drawn once, at birth: resources opened together do not all expire together. A replacement is
/// asked for while there is time to notice and to open, but not in the first 7/8 of its life.
void machine::draw_lifetime(slot_record& that, instant now) {
  if (!options_.max_lifetime) {
    return;
  }
  auto const chance = options_.lifetime_jitter > 0 ? random_.next_unit() : 0.0;
  auto const life = shortened(*options_.max_lifetime, options_.lifetime_jitter * chance);
  that.expires = saturating_add(now, life);
  if (options_.min_idle > 0 && that.expires != never) {
    that.replace_at =
        that.expires - std::min(life / 8, options_.scan_interval + options_.open_timeout);
  }
}

void machine::rest(std::uint32_t index, instant now) {
  auto& that = slots_[index];
  that.idle_since = now;
  that.untried = false;
  resting_.push_front(index);
  come_to_store(index);
  eviction_due_ = held_back_ ? instant::min() : std::min(eviction_due_, eviction_due(that));
}

void machine::come_to_store(std::uint32_t index) const {
  if (options_.store) {
    options_.store->insert(index);
  }
}

void machine::leave_store(std::uint32_t index) const {
  if (options_.store) {
    options_.store->erase(index);
  }
}

/// REQUIRES: idle.
void machine::leave_rest(std::uint32_t index) {
  auto& that = slots_[index];
  resting_.remove(index);
  leave_store(index);
  ageing_ -= that.ageing ? 1U : 0U;
  that.ageing = false;
}

void machine::empty(std::uint32_t index, slot_input input) {
  move(index, input);
  auto& that = slots_[index];
  written_off_ -= that.written_off ? 1U : 0U;
  that = {.state = that.state, .generation = that.generation};
  vacant_.push_back(index);
}

void machine::start_check(std::uint32_t index, instant now, action_list& out) {
  leave_store(index);
  auto const slot = start_hook(index, slot_input::check, now, options_.check_timeout);
  out.push_back(check{slot, slots_[index].failed_checks, deadlines_.of(index)});
}

void machine::start_reset(std::uint32_t index, instant now, action_list& out) {
  auto const slot = start_hook(index, slot_input::reset, now, options_.reset_timeout);
  out.push_back(reset{slot, deadlines_.of(index)});
}

void machine::lend(ticket caller, std::uint32_t index, instant now, action_list& out) {
  leave_rest(index);
  out.push_back(grant{caller, hand_out(index, slot_input::grant)});
  auto& that = slots_[index];
  first_leases_ += that.untried ? 1U : 0U;
  ++that.uses;
  ++stats_.acquired;
  if (options_.leak_threshold && !(planted(bug::leak_is_not_seen) && that.uses > 1)) {
    deadlines_.add(index, saturating_add(now, *options_.leak_threshold));
  }
}

/// The lease is over: whether it is late does not matter any more, but is said.
void machine::stop_watching(std::uint32_t index, action_list& out) {
  auto& that = slots_[index];
  deadlines_.forget(index);
  lost_ -= that.stale || that.written_off ? 1U : 0U;
  first_leases_ -= that.untried ? 1U : 0U;
  if (that.overdue) {
    out.push_back(came_back{ref(index)});
    that.overdue = false;
  }
}

void machine::end_lease(std::uint32_t index, action_list& out) {
  stop_watching(index, out);
  slots_[index].failed_checks = 0;
  ++stats_.returned;
}

/// REQUIRES: not idle any more, or about to leave a lease.
void machine::retire(std::uint32_t index, close_reason reason, instant now, action_list& out) {
  auto& that = slots_[index];
  that.reason = reason;
  written_off_ -= that.written_off && !planted(bug::reclaimed_place_is_lost) ? 1U : 0U;
  that.written_off = false;
  auto const slot = start_hook(index, slot_input::retire, now, options_.close_timeout);
  out.push_back(close{slot, reason, deadlines_.of(index)});
}

/// What dies within the first pause after it was opened is no backend, however well it opened.
void machine::was_found_dead(slot_record const& that, instant now) {
  if (that.untried && !that.stale &&
      now <= saturating_add(that.idle_since, options_.backoff.initial) &&
      !planted(bug::dead_open_is_no_failure)) {
    backoff_.failed_after_all(now, random_);
  }
}

void machine::retire_idle(std::uint32_t index, close_reason reason, instant now, action_list& out) {
  leave_rest(index);
  if (reason != close_reason::shutdown) {
    ++stats_.evicted_by[reason];
  }
  retire(index, reason, now, out);
}

} // namespace conecta::core
