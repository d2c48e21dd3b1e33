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
      slots_(options.max_size),
      vacant_{options.max_size},
      resting_{options.max_size},
      hook_deadlines_{options.max_size},
      waiters_{options.max_waiters},
      backoff_{options.backoff},
      scan_due_{saturating_add(now, options.scan_interval)},
      scan_started_{now},
      check_cursor_{static_cast<std::uint32_t>(options.max_size)} {
  CONECTA_ASSERT(violations_of(options).empty(), "machine: options out of range");
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    vacant_.push_back(index);
  }
  counts_[static_cast<std::size_t>(slot_state::vacant)] = slots_.size();
}

ticket machine::on(instant now, acquire const& request, action_list& out) {
  auto const caller = waiters_.next_ticket();
  ++tickets_;
  expire_waiters(now, out);
  if (phase_ != phase::open) {
    refuse(caller, reject_reason::closed, out);
  } else if (auto const index = take_idle(now, out)) {
    lend(caller, *index, out);
  } else if (request.deadline <= now) {
    refuse(caller, reject_reason::exhausted, out);
    start_opens(now, waiters_.size() + 1, out);
  } else if (waiters_.size() == waiters_.capacity()) {
    refuse(caller, reject_reason::queue_full, out);
  } else {
    waiters_.join(caller, request.deadline);
    stats_.peak_waiters = std::max(stats_.peak_waiters, waiters_.size());
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

receipt machine::on(instant now, give_back const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  end_lease(*index);
  if (phase_ != phase::open) {
    retire(*index, close_reason::shutdown, now, out);
  } else if (is_expired(slots_[*index], now)) {
    retire(*index, close_reason::lifetime, now, out);
  } else if (hooks_.reset && options_.returned == on_return::reset) {
    auto const slot = start_hook(*index, slot_input::reset, now, options_.reset_timeout);
    out.push_back(reset{slot, slots_[*index].hook_deadline});
  } else {
    move(*index, slot_input::give_back);
    rest(*index, now);
  }
  return settle(now, out);
}

receipt machine::on(instant now, discard const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  end_lease(*index);
  retire(*index, phase_ == phase::open ? ended.reason : close_reason::shutdown, now, out);
  return settle(now, out);
}

receipt machine::on(instant now, detach const& ended, action_list& out) {
  auto const index = find(ended.slot, slot_state::leased);
  if (!index) {
    return receipt::refused;
  }
  move(*index, slot_input::detach);
  vacant_.push_front(*index);
  ++stats_.detached;
  return settle(now, out);
}

std::optional<slot_ref> machine::on(instant now, reserve const&, action_list& out) {
  if (phase_ != phase::open || vacant_.empty()) {
    return std::nullopt;
  }
  auto const index = vacant_.front();
  vacant_.remove(index);
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
    backoff_.succeeded();
  }
  that.added = false;
  that.expires = draw_expiry(now);
  move(*index, slot_input::opened);
  rest(*index, now);
  if (phase_ != phase::open && !planted(bug::phantom_idle_after_close)) {
    retire(*index, close_reason::shutdown, now, out);
  }
  return settle(now, out);
}

receipt machine::on(instant now, open_failed const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::opening);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  // A resource that could not be added says nothing about the backend.
  if (!slots_[*index].added) {
    ++stats_.open_failed;
    backoff_.failed(now, random_);
  }
  slots_[*index].added = false;
  move(*index, slot_input::open_failed);
  vacant_.push_front(*index);
  return settle(now, out);
}

receipt machine::on(instant now, checked const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::checking);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  auto& that = slots_[*index];
  auto const good = answer.found == health::good;
  ++(good ? stats_.checks_ok : stats_.checks_failed);
  that.failed_checks = good ? 0 : that.failed_checks + 1;
  if (planted(bug::check_draws_lifetime)) {
    that.expires = draw_expiry(now);
  }
  move(*index, slot_input::checked);
  if (phase_ != phase::open) {
    retire(*index, close_reason::shutdown, now, out);
  } else if (that.failed_checks > options_.check_retries) {
    if (planted(bug::check_leaks_capacity)) {
      resting_.remove(*index);
    } else {
      retire(*index, close_reason::unhealthy, now, out);
    }
  } else if (!good) {
    start_check(*index, now, out);
  }
  return settle(now, out);
}

receipt machine::on(instant now, reset_done const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::resetting);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  move(*index, slot_input::reset_done);
  rest(*index, now);
  if (phase_ != phase::open) {
    retire(*index, close_reason::shutdown, now, out);
  } else if (answer.found == health::bad) {
    retire(*index, close_reason::unhealthy, now, out);
  }
  return settle(now, out);
}

receipt machine::on(instant now, closed const& answer, action_list& out) {
  auto const index = find(answer.slot, slot_state::closing);
  if (!index) {
    return receipt::refused;
  }
  end_hook(*index);
  move(*index, slot_input::closed);
  vacant_.push_front(*index);
  ++stats_.closed;
  ++stats_.closed_by[slots_[*index].reason];
  if (planted(bug::discard_wakes_nobody)) {
    return receipt::accepted;
  }
  return settle(now, out);
}

receipt machine::on(instant now, drain const&, action_list& out) {
  if (phase_ != phase::open) {
    return receipt::refused;
  }
  phase_ = phase::draining;
  while (!waiters_.empty()) {
    auto const caller = waiters_.front();
    waiters_.leave(caller);
    refuse(caller, reject_reason::closed, out);
  }
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    auto const& that = slots_[index];
    if (that.state == slot_state::idle) {
      retire(index, close_reason::shutdown, now, out);
    } else if (that.state == slot_state::checking || that.state == slot_state::resetting ||
               (that.state == slot_state::opening && !that.added)) {
      out.push_back(interrupt{ref(index)});
    }
  }
  return settle(now, out);
}

instant machine::next_deadline() const noexcept {
  auto next = std::min(waiters_.earliest_deadline(), hook_deadlines_.earliest());
  if (phase_ != phase::open) {
    return next;
  }
  if (!resting_.empty()) {
    next = std::min(next, scan_due_);
  }
  if (backoff_.failures() > 0 && count(slot_state::opening) == 0 && !vacant_.empty() &&
      waiters_.size() + options_.min_idle > coming() && !planted(bug::failed_open_wakes_nobody)) {
    next = std::min(next, backoff_.resume_at());
  }
  return next;
}

pool_counts machine::counts() const noexcept {
  pool_counts now;
  now.idle = count(slot_state::idle);
  now.leased = count(slot_state::leased);
  now.opening = count(slot_state::opening);
  now.checking = count(slot_state::checking);
  now.resetting = count(slot_state::resetting);
  now.closing = count(slot_state::closing);
  now.stuck = stuck_coming_ + stuck_closing_;
  now.waiters = waiters_.size();
  return now;
}

pool_stats machine::stats() const noexcept {
  auto snapshot = stats_;
  static_cast<pool_counts&>(snapshot) = counts();
  return snapshot;
}

} // namespace conecta::core
