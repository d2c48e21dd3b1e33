// What happens because time has passed: hooks, leases and callers that are late, and the scan.

#include "core/machine.hpp"
#include "core/planted.hpp"

#include <algorithm>

namespace conecta::core {

receipt machine::on(instant now, tick const&, action_list& out) {
  while (deadlines_.earliest() <= now) {
    auto const index = deadlines_.earliest_index();
    deadlines_.remove(index);
    if (slots_[index].state == slot_state::leased) {
      lease_is_late(index, out);
    } else {
      hook_is_late(index, out);
    }
  }
  if (phase_ == phase::open && scan_due_ <= now) {
    scan(now, out);
  }
  return settle(now, out);
}

void machine::hook_is_late(std::uint32_t index, action_list& out) {
  auto& that = slots_[index];
  give_up_on(that);
  that.stuck = true;
  ++stuck_;
  out.push_back(interrupt{ref(index)});
}

/// Twice at most: it is reported, then its place is taken back.
void machine::lease_is_late(std::uint32_t index, action_list& out) {
  auto& that = slots_[index];
  if (!that.overdue) {
    that.overdue = true;
    ++stats_.leaked;
    out.push_back(overdue{ref(index)});
    auto const due = deadlines_.of(index);
    deadlines_.forget(index);
    if (options_.reclaim_after) {
      deadlines_.add(index,
                     saturating_add(due, *options_.reclaim_after - *options_.leak_threshold));
    }
    return;
  }
  deadlines_.forget(index);
  if (phase_ == phase::open && slots_.size() - options_.max_size > written_off_) {
    lost_ += that.stale ? 0U : 1U;
    that.written_off = true;
    ++written_off_;
    ++stats_.reclaimed;
    out.push_back(reclaimed{ref(index)});
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

/// Evicts from the cold end, and looks at nothing while nothing can be due. Checks follow in
/// start_checks, as check_concurrency allows.
void machine::scan(instant now, action_list& out) {
  scan_due_ = saturating_add(now, options_.scan_interval);
  scan_started_ = now;
  check_cursor_ = 0;
  if (now < eviction_due_) {
    return;
  }
  eviction_due_ = never;
  held_back_ = false;
  for (auto index = resting_.back(); index != nobody;) {
    auto const following = resting_.before(index);
    scan_slot(index, now, out);
    index = following;
  }
}

void machine::scan_slot(std::uint32_t index, instant now, action_list& out) {
  auto& that = slots_[index];
  if (that.state == slot_state::idle) {
    if (is_expired(that, now)) {
      return retire_idle(index, close_reason::lifetime, now, out);
    }
    if (is_surplus_idle(that, now)) {
      return retire_idle(index, close_reason::idle, now, out);
    }
    if (now >= that.replace_at && !that.ageing) {
      that.ageing = true;
      ++ageing_;
    }
  }
  auto const held_back = is_unused(that, now) && !hooks_.check;
  held_back_ = held_back_ || held_back;
  eviction_due_ = std::min(eviction_due_, held_back ? age_due(that) : eviction_due(that));
}

/// When a scan may have something to do about it.
instant machine::eviction_due(slot_record const& that) const noexcept {
  auto const unused =
      options_.idle_timeout ? saturating_add(that.idle_since, *options_.idle_timeout) : never;
  return std::min(unused, age_due(that));
}

instant machine::age_due(slot_record const& that) noexcept {
  return std::min(that.expires, that.ageing ? never : that.replace_at);
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

} // namespace conecta::core
