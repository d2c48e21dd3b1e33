#include "core/machine.hpp"

#include "base/assert.hpp"
#include "core/invariants.hpp"
#include "core/planted.hpp"

#include <algorithm>

namespace conecta::core {

machine::machine(pool_options const& options, hooks_present hooks, std::uint64_t seed, instant now)
    : options_{options},
      hooks_{hooks},
      random_{seed},
      slots_(slots_of(options)),
      initial_left_{options.initial_size},
      resting_{slots_.size()},
      deadlines_{slots_.size()},
      waiters_{options.max_waiters, hooks.look ? slots_.size() : 0},
      backoff_{options.backoff},
      scan_due_{saturating_add(now, options.scan_interval)},
      scan_started_{now},
      check_cursor_{static_cast<std::uint32_t>(slots_.size())} {
  CONECTA_ASSERT(violations_of(options).empty(), "machine: options out of range");
  vacant_.reserve(slots_.size());
  bring_in_vacant(0);
  counts_[static_cast<std::size_t>(slot_state::vacant)] = slots_.size();
}

// Callers.

ticket machine::on(instant now, acquire const& request, action_list& out) {
  auto const caller = waiters_.next_ticket();
  ++tickets_;
  expire_waiters(now, out);
  auto const index = newcomers_may_take() ? take_idle(now, waiters_.size() + 1, out) : std::nullopt;
  if (index) {
    lend(caller, *index, now, out);
  } else if (phase_ != phase::open) {
    refuse(caller, reject_reason::closed, out);
  } else if (request.deadline <= now) {
    refuse(caller, suspended_ ? reject_reason::suspended : reject_reason::exhausted, out);
    start_opens(now, demanding() + (suspended_ ? 0 : 1), out);
  } else if (waiters_.full()) {
    refuse(caller, is_hopeless() ? reject_reason::open_failed : reject_reason::queue_full, out);
    start_opens(now, demanding() + (options_.max_waiters == 0 && !suspended_ ? 1 : 0), out);
  } else {
    waiters_.join(caller, request.deadline);
  }
  settle(now, out);
  return caller;
}

receipt machine::on(instant now, cancel const& request, action_list& out) {
  if (!waiters_.waits(request.caller)) {
    return receipt::refused;
  }
  if (!planted(bug::grant_to_cancelled)) {
    waiters_.leave(request.caller);
  }
  refuse(request.caller, reject_reason::cancelled, out);
  return settle(now, out);
}

receipt machine::on(instant now, retry const& request, action_list& out) {
  if (!waiters_.waits(request.caller) || !waiters_.is_awake(request.caller)) {
    return receipt::refused;
  }
  expire_waiters(now, out);
  if (waiters_.waits(request.caller)) {
    auto const index = lends() ? take_idle(now, waiters_.size(), out) : std::nullopt;
    if (index) {
      waiters_.leave(request.caller);
      lend(request.caller, *index, now, out);
    } else {
      waiters_.was_overtaken(request.caller);
    }
  }
  return settle(now, out);
}

std::optional<ticket> machine::on(instant now, spurn const& found, action_list& out) {
  auto const index = find(found.slot, slot_state::leased);
  if (!index) {
    return std::nullopt;
  }
  --stats_.acquired;
  stop_watching(*index, out);
  if (phase_ == phase::open) {
    ++stats_.evicted_by[close_reason::stale];
    was_found_dead(slots_[*index], now);
  }
  retire(*index, phase_ == phase::open ? close_reason::stale : close_reason::shutdown, now, out);
  auto const caller = waiters_.next_ticket();
  if (phase_ != phase::open) {
    refuse(caller, reject_reason::closed, out);
  } else if (found.deadline > now) {
    auto const deadline = planted(bug::deadline_rearmed) ? never : found.deadline;
    if (planted(bug::spurned_goes_last)) {
      waiters_.join(caller, deadline);
    } else {
      waiters_.join_in_front(caller, deadline);
    }
  } else if (auto const another =
                 newcomers_may_take() ? take_idle(now, waiters_.size() + 1, out) : std::nullopt) {
    lend(caller, *another, now, out);
  } else {
    auto const asked_once = found.deadline == instant::min();
    refuse(caller, asked_once ? reject_reason::exhausted : reject_reason::timed_out, out);
  }
  settle(now, out);
  return caller;
}

// Leases.

receipt machine::on(instant now, give_back const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  end_lease(*index, out);
  if (phase_ != phase::open) {
    retire(*index, close_reason::shutdown, now, out);
  } else if (auto const reason = worn_out(slots_[*index], now)) {
    retire(*index, *reason, now, out);
  } else if (hooks_.reset && options_.returned == on_return::reset) {
    start_reset(*index, now, out);
  } else {
    move(*index, slot_input::give_back);
    rest(*index, now);
    if (planted(bug::return_misses_the_queue)) {
      return receipt::accepted;
    }
  }
  return settle(now, out);
}

receipt machine::on(instant now, discard const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  end_lease(*index, out);
  retire(*index, phase_ == phase::open ? ended.reason : close_reason::shutdown, now, out);
  return settle(now, out);
}

receipt machine::on(instant now, detach const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  stop_watching(*index, out);
  empty(*index, slot_input::detach);
  ++stats_.detached;
  return settle(now, out);
}

// Resources that come, and those that are looked after.

std::optional<slot_ref> machine::on(instant now, reserve const&, action_list& out) {
  if (phase_ != phase::open || wanted(0).places == 0) {
    return std::nullopt;
  }
  auto const index = next_vacant();
  slots_[index].added = true;
  auto const slot = hand_out(index, slot_input::open);
  settle(now, out);
  return slot;
}

receipt machine::on(instant now, opened const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::opening);
  if (!index) {
    return receipt::refused;
  }
  if (planted(bug::late_open_is_forgotten) && slots_[*index].stuck) {
    return receipt::accepted;
  }
  end_hook(*index);
  auto& that = slots_[*index];
  if (that.added) {
    ++stats_.added;
  } else {
    ++stats_.opened;
    initial_left_ -= initial_left_ > 0 && !planted(bug::initial_size_for_ever) ? 1U : 0U;
    backoff_.succeeded();
  }
  auto const untried = hooks_.look && !that.added;
  that.added = false;
  that.proven_at = now;
  draw_lifetime(that, now);
  move(*index, slot_input::opened);
  rest(*index, now);
  that.untried = untried;
  if (phase_ != phase::open && !planted(bug::phantom_idle_after_close)) {
    retire_idle(*index, close_reason::shutdown, now, out);
  } else if (that.stale && !planted(bug::stale_open_arrives)) {
    retire_idle(*index, close_reason::stale, now, out);
  } else {
    vouched_ = *index;
  }
  return settle(now, out);
}

receipt machine::on(instant now, open_failed const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::opening);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  // What could not be added says nothing about the backend, nor does an open that was asked to stop
  // because it had become stale.
  auto const& that = slots_[*index];
  stats_.open_failed += that.added ? 0U : 1U;
  if (!that.added && !that.stale) {
    backoff_.failed(now, random_);
  }
  empty(*index, slot_input::open_failed);
  return settle(now, out);
}

receipt machine::on(instant now, checked const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::checking);
  if (!index) {
    return receipt::refused;
  }
  auto& that = slots_[*index];
  auto const retries =
      that.on_demand && !planted(bug::bad_check_is_retried) ? 0 : options_.check_retries;
  end_hook(*index);
  auto const good = answer.found == health::good;
  auto const bad = answer.found == health::bad || (!good && planted(bug::not_begun_is_bad));
  stats_.checks_ok += good ? 1U : 0U;
  // What closing cuts off says nothing of the resource.
  stats_.checks_failed += bad && phase_ == phase::open ? 1U : 0U;
  that.failed_checks =
      good ? std::uint16_t{0} : static_cast<std::uint16_t>(that.failed_checks + (bad ? 1 : 0));
  if (planted(bug::check_draws_lifetime)) {
    draw_lifetime(that, now);
  }
  move(*index, slot_input::checked);
  come_to_store(*index);
  if (phase_ != phase::open) {
    retire_idle(*index, close_reason::shutdown, now, out);
  } else if (that.stale) {
    retire_idle(*index, close_reason::stale, now, out);
  } else if (good) {
    that.proven_at = now;
    vouched_ = *index;
  } else if (that.failed_checks <= retries) {
    start_check(*index, now, out);
  } else if (planted(bug::check_leaks_capacity)) {
    leave_rest(*index);
    that.idle_since = never; // no scan finds it either
  } else {
    if (options_.after_bad_check == bad_check::makes_older_suspect &&
        !planted(bug::suspicion_is_forgotten)) {
      suspect_before_ = now;
    }
    retire_idle(*index, close_reason::unhealthy, now, out);
  }
  return settle(now, out);
}

receipt machine::on(instant now, reset_done const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::resetting);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  if (answer.found == health::unknown && phase_ == phase::open && !slots_[*index].stale) {
    start_reset(*index, now, out);
    return settle(now, out);
  }
  move(*index, slot_input::reset_done);
  rest(*index, now);
  if (phase_ != phase::open) {
    retire_idle(*index, close_reason::shutdown, now, out);
  } else if (answer.found == health::bad) {
    retire_idle(*index, close_reason::unhealthy, now, out);
  } else if (slots_[*index].stale) {
    retire_idle(*index, close_reason::stale, now, out);
  } else {
    slots_[*index].proven_at = now;
    vouched_ = *index;
  }
  return settle(now, out);
}

receipt machine::on(instant now, closed const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::closing);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  ++stats_.closed;
  ++stats_.closed_by[slots_[*index].reason];
  empty(*index, slot_input::closed);
  if (planted(bug::discard_wakes_nobody)) {
    return receipt::accepted;
  }
  return settle(now, out);
}

} // namespace conecta::core
