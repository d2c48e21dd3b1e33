// Who gets what: the next resource to lend, callers served and refused, and settle(), which is what
// follows from any event.

#include "base/assert.hpp"
#include "core/invariants.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

#include <algorithm>

namespace conecta::core {

std::optional<std::uint32_t> machine::next_idle() {
  if (planted(bug::lent_during_its_check)) {
    for (auto index = resting_.front(); index != nobody; index = resting_.after(index)) {
      auto const& that = slots_[index];
      if (that.state == slot_state::checking && !that.stuck && !that.on_demand) {
        end_hook(index);
        move(index, slot_input::checked);
        come_to_store(index);
        return index;
      }
    }
  }
  if (count(slot_state::idle) == 0) {
    return std::nullopt;
  }
  if (vouched_ != nobody && slots_[vouched_].state == slot_state::idle && !waiters_.empty()) {
    return vouched_;
  }
  if (options_.store) {
    auto const index = options_.store->next();
    CONECTA_ASSERT(index < slots_.size() && slots_[index].state == slot_state::idle,
                   "idle_store::next: a slot that is not in the store");
    return index;
  }
  auto const newest_first = options_.order == idle_order::lifo;
  auto index = newest_first ? resting_.front() : resting_.back();
  while (index != nobody && slots_[index].state != slot_state::idle) { // few: check_concurrency
    index = newest_first ? resting_.after(index) : resting_.before(index);
  }
  return index == nobody ? std::nullopt : std::optional{index};
}

/// The next one to lend; those past their lifetime or idle for too long are retired on the way, and
/// those that must be checked first are checked, as many as there are callers for.
std::optional<std::uint32_t> machine::take_idle(instant now, std::size_t callers,
                                                action_list& out) {
  while (auto const index = next_idle()) {
    if (is_expired(slots_[*index], now) && !planted(bug::expired_resource_is_lent)) {
      retire_idle(*index, close_reason::lifetime, now, out);
    } else if (is_surplus_idle(slots_[*index], now)) {
      retire_idle(*index, close_reason::idle, now, out);
    } else if (is_fresh(*index, now)) {
      return index;
    } else if (may_check_for(callers)) {
      start_check(*index, now, out);
      slots_[*index].on_demand = true;
      ++on_demand_;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
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
  case reject_reason::open_failed:
  case reject_reason::suspended:
    ++stats_.rejected;
    break;
  }
  out.push_back(reject{caller, reason});
}

void machine::refuse_all(reject_reason reason, action_list& out) {
  while (!waiters_.empty()) {
    auto const caller = waiters_.front();
    waiters_.leave(caller);
    refuse(caller, reason, out);
  }
}

// What follows from any event.

/// After a resize. Those that are closing are on their way out already.
void machine::close_surplus(instant now, action_list& out) {
  for (auto index = planted(bug::resize_revokes_nothing) ? nobody : resting_.back();
       index != nobody && occupied() - count(slot_state::closing) > options_.max_size;) {
    auto const following = resting_.before(index);
    if (slots_[index].state == slot_state::idle) {
      retire_idle(index, close_reason::surplus, now, out);
    }
    index = following;
  }
}

void machine::serve_waiters(instant now, action_list& out) {
  while (!waiters_.empty() && head_goes_first()) {
    auto const index = take_idle(now, waiters_.size(), out);
    if (!index) {
      break;
    }
    auto const caller = planted(bug::newcomer_overtakes) ? waiters_.back() : waiters_.front();
    waiters_.leave(caller);
    lend(caller, *index, now, out);
  }
  if (options_.fair == fairness::barging) {
    wake_waiters(now, out);
  }
}

/// As many as could be served are awake; whether they are is decided when they ask. None is while
/// all that is idle must be checked first and no more checks may start: they would ask in vain.
void machine::wake_waiters(instant now, action_list& out) {
  auto const next = next_idle();
  auto const of_use =
      next && (is_fresh(*next, now) || is_expired(slots_[*next], now) ||
               is_surplus_idle(slots_[*next], now) || may_check_for(waiters_.size()));
  auto const able = of_use ? std::min(count(slot_state::idle), waiters_.size()) : 0;
  for (auto caller = waiters_.empty() ? std::nullopt : std::optional{waiters_.front()};
       caller && waiters_.awake() < able; caller = waiters_.after(*caller)) {
    if (!waiters_.is_awake(*caller)) {
      waiters_.rouse(*caller, waiter_queue::awareness::awake);
      out.push_back(wake{*caller});
    }
  }
}

/// The coldest go first.
void machine::close_idle_surplus(instant now, action_list& out) {
  if (!options_.max_idle || demanding() > 0 || planted(bug::max_idle_ignored)) {
    return;
  }
  for (auto index = resting_.back(); index != nobody && resting_.size() > *options_.max_idle;) {
    auto const following = resting_.before(index);
    if (slots_[index].state == slot_state::idle) {
      retire_idle(index, close_reason::surplus, now, out);
    }
    index = following;
  }
}

void machine::start_opens(instant now, std::size_t callers, action_list& out) {
  if (callers + options_.min_idle + initial_left_ == 0) { // the usual case: nothing can be missing
    return;
  }
  auto now_wanted = wanted(callers);
  now_wanted.limit = planted(bug::opens_despite_backoff)
                         ? options_.open_concurrency
                         : backoff_.opens_allowed(now, options_.open_concurrency);
  for (auto left = opens_to_start(now_wanted); left > 0; --left) {
    auto const index = next_vacant();
    auto const slot = start_hook(index, slot_input::open, now, options_.open_timeout);
    out.push_back(open{slot, deadlines_.of(index)});
  }
}

/// Who is told when opens fail: with fail_fast everybody, if nothing is lent that could serve them
/// and nothing is on its way.
bool machine::is_hopeless() const noexcept {
  return options_.when_down == while_down::fail_fast && !planted(bug::fail_fast_tells_nobody) &&
         lends() && backoff_.failures() > 0 && coming() + ageing_ == 0 &&
         count(slot_state::leased) == lost_;
}

void machine::fail_waiters(action_list& out) {
  if (is_hopeless()) {
    refuse_all(reject_reason::open_failed, out);
  }
}

/// Nobody waits while something can be lent, what is missing is opened.
receipt machine::settle(instant now, action_list& out) {
  CONECTA_ASSERT(!handed_over_, "machine: an event while its slots were handed over");
  expire_waiters(now, out);
  if (phase_ == phase::open) {
    close_surplus(now, out);
    if (lends()) {
      serve_waiters(now, out);
    }
    close_idle_surplus(now, out);
    start_checks(now, out);
    start_opens(now, demanding(), out);
    fail_waiters(out);
  } else if (phase_ == phase::draining && nothing_is_left()) {
    phase_ = phase::drained;
    out.push_back(drained{});
  }
  vouched_ = nobody;
  stats_.peak_waiters = std::max(stats_.peak_waiters, waiters_.size());
  if constexpr (checking) {
    auto const broken = invariant_checker::first_broken(*this, now);
    CONECTA_ASSERT(!broken, broken ? broken->c_str() : "");
  }
  return receipt::accepted;
}

} // namespace conecta::core
