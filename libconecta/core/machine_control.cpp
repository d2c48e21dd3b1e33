// What the owner of the pool asks for, and what the pool says of itself.

#include "core/machine.hpp"
#include "core/planted.hpp"

#include <algorithm>

namespace conecta::core {

receipt machine::on(instant now, drain const&, action_list& out) {
  if (phase_ != phase::open) {
    return receipt::refused;
  }
  phase_ = phase::draining;
  refuse_all(reject_reason::closed, out);
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    auto const& that = slots_[index];
    if (that.state == slot_state::idle) {
      retire_idle(index, close_reason::shutdown, now, out);
    } else if (that.state == slot_state::checking || that.state == slot_state::resetting ||
               (that.state == slot_state::opening && !that.added)) {
      out.push_back(interrupt{ref(index)});
    }
  }
  return settle(now, out);
}

receipt machine::on(instant now, resize const& request, action_list& out) {
  auto const least = std::max<std::size_t>(1, options_.min_idle);
  if (phase_ != phase::open || request.max_size < least || request.max_size > most_slots) {
    return receipt::refused;
  }
  auto wanted_options = options_;
  wanted_options.max_size = request.max_size;
  if (auto const before = slots_.size(), after = slots_of(wanted_options); after > before) {
    vacant_.reserve(after);
    resting_.grow(after);
    deadlines_.grow(after);
    waiters_.grow(hooks_.look ? after : 0);
    slots_.resize(after);
    bring_in_vacant(before);
    counts_[static_cast<std::size_t>(slot_state::vacant)] += after - before;
    check_cursor_ = check_cursor_ < before ? check_cursor_ : static_cast<std::uint32_t>(after);
  }
  options_.max_size = request.max_size;
  initial_left_ = std::min(initial_left_, request.max_size);
  return settle(now, out);
}

receipt machine::on(instant now, invalidate const&, action_list& out) {
  if (phase_ != phase::open) {
    return receipt::refused;
  }
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    auto& that = slots_[index];
    switch (that.state) {
    case slot_state::vacant:
    case slot_state::closing:
      break;
    case slot_state::idle:
      retire_idle(index, close_reason::stale, now, out);
      break;
    case slot_state::leased:
      lost_ += that.stale || that.written_off ? 0U : 1U;
      that.stale = !planted(bug::stale_lease_comes_back);
      break;
    case slot_state::opening:
    case slot_state::checking:
    case slot_state::resetting:
      if (!that.added && !that.stuck && !that.stale) {
        out.push_back(interrupt{ref(index)});
      }
      give_up_on(that);
      that.stale = true;
      break;
    }
  }
  return settle(now, out);
}

receipt machine::on(instant now, evict_idle const&, action_list& out) {
  if (phase_ != phase::open) {
    return receipt::refused;
  }
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].state == slot_state::idle) {
      retire_idle(index, close_reason::idle, now, out);
    }
  }
  return settle(now, out);
}

receipt machine::on(instant now, suspend const&, action_list& out) {
  if (!lends()) {
    return receipt::refused;
  }
  suspended_ = true;
  return settle(now, out);
}

receipt machine::on(instant now, resume const&, action_list& out) {
  if (phase_ != phase::open || !suspended_) {
    return receipt::refused;
  }
  suspended_ = false;
  return settle(now, out);
}

instant machine::next_deadline() const noexcept {
  auto next = std::min(waiters_.earliest_deadline(), deadlines_.earliest());
  if (phase_ != phase::open) {
    return next;
  }
  if (handed_over_) {
    auto const scans = options_.idle_timeout.has_value() || hooks_.check;
    return std::min({next, take_back_by_, scans ? scan_due_ : never});
  }
  if (!resting_.empty()) {
    next = std::min(next, scan_due_);
  }
  if (backoff_.failures() == 0 || planted(bug::failed_open_wakes_nobody)) {
    return next;
  }
  auto const now_wanted = wanted(demanding());
  bool const one_must_try =
      now_wanted.opening == 0 && now_wanted.places > 0 && missing(now_wanted) > 0;
  return one_must_try ? std::min(next, backoff_.resume_at()) : next;
}

pool_counts machine::counts() const noexcept {
  pool_counts now;
  now.idle = count(slot_state::idle);
  now.leased = count(slot_state::leased);
  now.opening = count(slot_state::opening);
  now.checking = count(slot_state::checking);
  now.resetting = count(slot_state::resetting);
  now.closing = count(slot_state::closing);
  now.stuck = stuck_;
  now.waiters = waiters_.size();
  return now;
}

pool_stats machine::stats() const noexcept {
  auto snapshot = stats_;
  static_cast<pool_counts&>(snapshot) = counts();
  snapshot.max_size = options_.max_size;
  return snapshot;
}

} // namespace conecta::core
