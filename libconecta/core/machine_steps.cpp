// The steps that the events of machine.cpp are made of, and what happens with time.

#include "base/assert.hpp"
#include "core/invariants.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"
#include "core/sizing.hpp"

#include <algorithm>

namespace conecta::core {

std::size_t machine::coming() const noexcept {
  return count(slot_state::idle) + count(slot_state::opening) + count(slot_state::checking) +
         count(slot_state::resetting) - (planted(bug::stuck_open_is_awaited) ? 0 : stuck_coming_);
}

bool machine::nothing_is_left() const noexcept {
  auto const lent = planted(bug::drained_while_lent) ? count(slot_state::leased) : 0;
  return count(slot_state::vacant) + lent == slots_.size();
}

bool machine::is_unused(slot_record const& that, instant now) const noexcept {
  return options_.idle_timeout && now >= saturating_add(that.idle_since, *options_.idle_timeout);
}

bool machine::awaits_check(std::uint32_t index) const noexcept {
  auto const& that = slots_[index];
  return index >= check_cursor_ && that.state == slot_state::idle &&
         that.idle_since <= scan_started_;
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

slot_ref machine::start_hook(std::uint32_t index, slot_input input, instant now, duration timeout) {
  auto const slot = hand_out(index, input);
  slots_[index].hook_deadline = saturating_add(now, timeout);
  hook_deadlines_.add(index, slots_[index].hook_deadline);
  return slot;
}

void machine::end_hook(std::uint32_t index) {
  auto& that = slots_[index];
  hook_deadlines_.remove(index);
  that.hook_deadline = never;
  if (that.stuck) {
    --(that.state == slot_state::closing ? stuck_closing_ : stuck_coming_);
    that.stuck = false;
  }
}

/// Drawn once, at birth: resources opened together do not all expire together.
instant machine::draw_expiry(instant now) {
  if (!options_.max_lifetime) {
    return never;
  }
  auto const chance = options_.lifetime_jitter > 0 ? random_.next_unit() : 0.0;
  return saturating_add(now, shortened(*options_.max_lifetime, options_.lifetime_jitter * chance));
}

void machine::rest(std::uint32_t index, instant now) {
  slots_[index].idle_since = now;
  resting_.push_front(index);
}

/// The next one to lend; those past their lifetime are retired on the way. At most
/// check_concurrency of those that rest are being checked and passed over.
std::optional<std::uint32_t> machine::take_idle(instant now, action_list& out) {
  if (count(slot_state::idle) == 0) {
    return std::nullopt;
  }
  auto const newest_first = options_.order == idle_order::lifo;
  auto index = newest_first ? resting_.front() : resting_.back();
  while (index != index_list::none) {
    auto const following = newest_first ? resting_.after(index) : resting_.before(index);
    if (slots_[index].state == slot_state::idle) {
      if (!is_expired(slots_[index], now) || planted(bug::expired_resource_is_lent)) {
        return index;
      }
      retire(index, close_reason::lifetime, now, out);
    }
    index = following;
  }
  return std::nullopt;
}

void machine::lend(ticket caller, std::uint32_t index, action_list& out) {
  resting_.remove(index);
  out.push_back(grant{caller, hand_out(index, slot_input::grant)});
  ++stats_.acquired;
}

void machine::end_lease(std::uint32_t index) {
  slots_[index].failed_checks = 0;
  ++stats_.returned;
}

void machine::retire(std::uint32_t index, close_reason reason, instant now, action_list& out) {
  auto& that = slots_[index];
  if (that.state == slot_state::idle) {
    resting_.remove(index);
    if (reason != close_reason::shutdown) {
      ++stats_.evicted_by[reason];
    }
  }
  that.reason = reason;
  that.failed_checks = 0;
  auto const slot = start_hook(index, slot_input::retire, now, options_.close_timeout);
  out.push_back(close{slot, reason, that.hook_deadline});
}

void machine::refuse(ticket caller, reject_reason reason, action_list& out) {
  switch (reason) {
  case reject_reason::timed_out:
    ++stats_.timed_out;
    break;
  case reject_reason::cancelled:
    stats_.cancelled += planted(bug::counter_drifts_on_cancel) ? 0U : 1U;
    break;
  case reject_reason::closed:
  case reject_reason::exhausted:
  case reject_reason::queue_full:
    ++stats_.rejected;
    break;
  }
  out.push_back(reject{caller, reason});
}

void machine::start_check(std::uint32_t index, instant now, action_list& out) {
  auto const slot = start_hook(index, slot_input::check, now, options_.check_timeout);
  out.push_back(check{slot, slots_[index].failed_checks, slots_[index].hook_deadline});
}

receipt machine::on(instant now, tick const&, action_list& out) {
  while (hook_deadlines_.earliest() <= now) {
    auto const index = hook_deadlines_.earliest_index();
    hook_deadlines_.remove(index);
    auto& that = slots_[index];
    that.stuck = true;
    ++(that.state == slot_state::closing ? stuck_closing_ : stuck_coming_);
    out.push_back(interrupt{ref(index)});
  }
  if (phase_ == phase::open && scan_due_ <= now) {
    scan(now, out);
  }
  return settle(now, out);
}

/// Evicts from the cold end. Checks follow in start_checks, as check_concurrency allows.
void machine::scan(instant now, action_list& out) {
  scan_due_ = saturating_add(now, options_.scan_interval);
  scan_started_ = now;
  check_cursor_ = 0;
  auto index = resting_.back();
  while (index != index_list::none) {
    auto const following = resting_.before(index);
    auto const& that = slots_[index];
    if (that.state == slot_state::idle) {
      if (is_expired(that, now)) {
        retire(index, close_reason::lifetime, now, out);
      } else if (is_unused(that, now) && (count(slot_state::idle) > options_.min_idle ||
                                          planted(bug::reaper_breaks_min_idle))) {
        retire(index, close_reason::idle, now, out);
      }
    }
    index = following;
  }
}

void machine::expire_waiters(instant now, action_list& out) {
  if (planted(bug::grant_to_expired_waiter)) {
    return;
  }
  while (waiters_.earliest_deadline() <= now) {
    auto const caller = waiters_.earliest_to_expire();
    waiters_.leave(caller);
    refuse(caller, reject_reason::timed_out, out);
  }
}

void machine::serve_waiters(instant now, action_list& out) {
  while (!waiters_.empty()) {
    auto const index = take_idle(now, out);
    if (!index) {
      return;
    }
    auto const caller = planted(bug::newcomer_overtakes) ? waiters_.back() : waiters_.front();
    waiters_.leave(caller);
    lend(caller, *index, out);
  }
}

void machine::start_checks(instant now, action_list& out) {
  auto const end = static_cast<std::uint32_t>(slots_.size());
  if (!hooks_.check) {
    check_cursor_ = end;
  }
  while (check_cursor_ < end && count(slot_state::checking) < options_.check_concurrency) {
    if (awaits_check(check_cursor_)) {
      start_check(check_cursor_, now, out);
    }
    ++check_cursor_;
  }
}

void machine::start_opens(instant now, std::size_t callers, action_list& out) {
  demand const wanted{.waiters = callers,
                      .min_idle = options_.min_idle,
                      .coming = coming(),
                      .vacant = vacant_.size(),
                      .opening = count(slot_state::opening),
                      .limit = planted(bug::opens_despite_backoff)
                                   ? options_.open_concurrency
                                   : backoff_.opens_allowed(now, options_.open_concurrency)};
  for (auto left = opens_to_start(wanted); left > 0; --left) {
    auto const index = vacant_.front();
    vacant_.remove(index);
    auto const slot = start_hook(index, slot_input::open, now, options_.open_timeout);
    out.push_back(open{slot, slots_[index].hook_deadline});
  }
}

/// What follows from any event: nobody waits while something can be lent, what is missing is
/// opened.
receipt machine::settle(instant now, action_list& out) {
  expire_waiters(now, out);
  if (phase_ == phase::open) {
    serve_waiters(now, out);
    start_checks(now, out);
    start_opens(now, waiters_.size(), out);
  } else if (phase_ == phase::draining && nothing_is_left()) {
    phase_ = phase::drained;
    out.push_back(drained{});
  }
  if constexpr (checking) {
    auto const broken = invariant_checker::first_broken(*this, now);
    CONECTA_ASSERT(!broken, broken ? broken->c_str() : "");
  }
  return receipt::accepted;
}

} // namespace conecta::core
