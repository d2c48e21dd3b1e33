// The actions' third of the books.

#include "sim/books.hpp"

#include <algorithm>

namespace conecta::sim {

/// What the machine names anew has a name that it never had.
books::slot* books::name(slot_ref named) {
  auto* const that = find(named);
  if (that == nullptr || broken_) {
    return nullptr;
  }
  require(named.generation > that->generation, "each use of a slot has a generation of its own");
  that->generation = named.generation;
  return that;
}

void books::on(core::open const& a) {
  auto* const that = name(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::nothing, "only a vacant slot is opened");
  require(!draining_, "a closed pool opens nothing");
  require(count(holding::opening) < options_.open_concurrency, "opens keep to open_concurrency");
  require(count(holding::opening) < at_once_at_most_, "after an outage, opens start slowly");
  require(occupied() < options_.max_size, "opening to closing never exceed max_size");
  auto const callers = demanding() + (given_.caller ? 1 : 0);
  require(options_.max_lifetime || callers + options_.min_idle > coming() ||
              totals_.opened + count(holding::opening) < options_.initial_size,
          "nothing is opened that nobody wants");
  if (failures_at_least_ > 0) {
    require(now_ >= opens_not_before_, "a failed open holds back the next");
    require(opens_running_ == 0, "while opens fail, a lone one tries");
    marks_.set(mark::prober_after_failure);
  }
  require(a.deadline == saturating_add(now_, options_.open_timeout), "an open has its timeout");
  ++opens_running_;
  *that = {.what = that->what, .generation = that->generation};
  that->hook_deadline = a.deadline;
  turn(*that, holding::opening);
}

void books::on(core::check const& a) {
  auto* const that = name(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::idle || that->what == holding::doubtful,
          "only an idle resource is checked");
  if (std::holds_alternative<core::acquire>(*event_)) {
    marks_.set(mark::checked_for_a_caller);
  }
  require(!draining_ && hooks_.check, "checks are for open pools with a check hook");
  require(that->failed_checks <= options_.check_retries, "checks keep to check_retries");
  require(a.failures_so_far == that->failed_checks, "a check is told how many failed before");
  if (a.failures_so_far > 0) {
    marks_.set(mark::check_tried_again);
  }
  require(count(holding::checking) < options_.check_concurrency,
          "checks keep to check_concurrency");
  that->hook_deadline = a.deadline;
  turn(*that, holding::checking);
}

void books::on(core::reset const& a) {
  auto* const that = name(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::idle || (that->what == holding::doubtful &&
                                          std::holds_alternative<core::reset_done>(*event_)),
          "only what was given back is reset, again if it was not");
  require(!draining_ && hooks_.reset && options_.returned == on_return::reset,
          "resets are for pools that want them");
  that->hook_deadline = a.deadline;
  turn(*that, holding::resetting);
}

void books::on(core::close const& a) {
  auto* const that = name(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::idle || that->what == holding::doubtful,
          "only what nobody holds or uses is closed, once");
  require((a.reason == close_reason::shutdown) == draining_,
          "shutdown is why a closed pool closes");
  written_off_ -= that->written_off ? 1U : 0U;
  that->written_off = false;
  if (a.reason == close_reason::idle && std::holds_alternative<core::evict_idle>(*event_)) {
    marks_.set(mark::evicted_on_request);
  } else if (a.reason == close_reason::idle) {
    require(count(holding::idle) > options_.min_idle, "no idle eviction below min_idle");
    require(options_.idle_timeout &&
                now_ >= saturating_add(that->idle_since, *options_.idle_timeout),
            "no idle eviction before the timeout");
    marks_.set(mark::closed_as_idle);
  } else if (a.reason == close_reason::lifetime) {
    require(options_.max_lifetime.has_value(), "only a limited lifetime ends");
    marks_.set(std::holds_alternative<core::give_back>(*event_)
                   ? mark::closed_for_lifetime_on_return
                   : mark::closed_for_lifetime);
  } else if (a.reason == close_reason::uses) {
    marks_.set(mark::closed_for_uses);
  } else if (a.reason == close_reason::surplus) {
    marks_.set(mark::closed_as_surplus);
  } else if (a.reason == close_reason::unhealthy) {
    if (std::holds_alternative<core::checked>(*event_) &&
        options_.after_bad_check == bad_check::makes_older_suspect) {
      suspect_before_ = now_;
    }
    marks_.set(mark::closed_as_unhealthy);
  } else if (a.reason == close_reason::broken) {
    marks_.set(mark::closed_as_broken);
  }
  that->hook_deadline = a.deadline;
  turn(*that, holding::closing);
}

void books::on(core::interrupt const& a) {
  auto* const that = find(a.slot);
  if (that == nullptr) {
    return;
  }
  auto const runs = that->what == holding::opening || that->what == holding::checking ||
                    that->what == holding::resetting || that->what == holding::closing;
  require(runs && that->generation == a.slot.generation, "only a running hook is interrupted");
  if (now_ < that->hook_deadline || that->stuck) {
    require((draining_ || that->stale) && that->what != holding::closing,
            "a hook is interrupted at its deadline, or when nobody wants its answer");
    return;
  }
  if (!std::holds_alternative<core::tick>(*event_)) {
    return; // its deadline has passed as well, but the tick that says so is yet to come
  }
  that->stuck = true;
  ++stuck_;
  unawaited_ += that->what != holding::closing && !that->stale ? 1U : 0U;
  marks_.set(that->what == holding::opening    ? mark::open_stuck
             : that->what == holding::checking ? mark::check_stuck
             : that->what == holding::closing  ? mark::close_stuck
                                               : mark::reset_stuck);
}

void books::on(core::grant const& a) {
  auto* const that = name(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::idle, "only an idle resource is lent");
  require(!draining_ && !suspended_, "a closed or suspended pool lends nothing");
  require(!that->stale, "nothing from before an invalidate is lent");
  require(!options_.max_uses || that->uses < *options_.max_uses, "nothing is lent beyond max_uses");
  require(is_fresh(*that), "what must be checked first is checked before it is lent");
  require(!outlived(*that, now_), "nothing is lent past its lifetime");
  if (!waits(a.caller)) {
    require(false, "only who waits is served, and once");
    return;
  }
  auto const comes_now = given_.caller == a.caller;
  require(comes_now || waiters_[a.caller.place].deadline > now_,
          "nobody is served at or after their deadline");
  // Those before, whose time is over, are owed an answer, not a resource.
  auto const first = std::find_if(queue_.begin(), queue_.end(), [&](ticket each) {
    return each == a.caller || (waits(each) && waiters_[each.place].deadline > now_);
  });
  require(options_.fair == fairness::barging || (first != queue_.end() && *first == a.caller),
          "first come, first served");
  require(first == queue_.end() || *first == a.caller ||
              waiters_[first->place].overtaken < options_.max_overtaken,
          "who was passed over max_overtaken times is served next");
  marks_.set(comes_now ? mark::granted_at_once : mark::granted_after_waiting);
  if (!comes_now && std::holds_alternative<core::give_back>(*event_) && opens_running_ > 0) {
    marks_.set(mark::return_overtakes_an_open);
  }
  stop_waiting(a.caller);
  ++totals_.acquired;
  ++that->uses;
  that->lent_at = now_;
  that->overdue = false;
  turn(*that, holding::leased);
}

bool books::is_fresh(slot const& that) const {
  if (!hooks_.check || that.proven_by == events_) {
    return true;
  }
  if (that.proven_at <= suspect_before_) {
    return false;
  }
  return options_.check_on_acquire == acquire_check::none ||
         (options_.check_on_acquire == acquire_check::if_idle_for &&
          now_ - std::max(that.idle_since, that.proven_at) < options_.check_if_idle_for);
}

void books::on(core::wake const& a) {
  require(options_.fair == fairness::barging && !draining_ && !suspended_,
          "only where others may barge in are callers woken");
  require(waits(a.caller) && !waiters_[a.caller.place].awake, "only who sleeps is woken");
  if (waits(a.caller)) {
    waiters_[a.caller.place].awake = true;
  }
  marks_.set(mark::woken);
}

void books::on(core::overdue const& a) {
  auto* const that = find(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::leased && that->generation == a.slot.generation && !that->overdue,
          "only a lease is overdue, and once");
  require(options_.leak_threshold &&
              now_ >= saturating_add(that->lent_at, *options_.leak_threshold),
          "no lease is overdue before its time");
  that->overdue = true;
  ++totals_.leaked;
  marks_.set(mark::overdue);
}

void books::on(core::reclaimed const& a) {
  auto* const that = find(a.slot);
  if (that == nullptr) {
    return;
  }
  require(that->what == holding::leased && that->overdue && !that->written_off,
          "only an overdue lease is reclaimed, and once");
  require(options_.reclaim_after && now_ >= saturating_add(that->lent_at, *options_.reclaim_after),
          "no lease is reclaimed before its time");
  that->written_off = true;
  ++written_off_;
  ++totals_.reclaimed;
  marks_.set(mark::reclaimed);
}

void books::on(core::came_back const& a) {
  auto* const that = find(a.slot);
  require(that != nullptr && that->overdue && owed_back_ == 1,
          "only a reported lease that has ended came back");
  if (that != nullptr) {
    that->overdue = false;
    owed_back_ = 0;
  }
  marks_.set(mark::came_back);
}

void books::on(core::reject const& a) {
  if (!waits(a.caller)) {
    require(false, "only who waits is refused, and once");
    return;
  }
  auto const deadline = waiters_[a.caller.place].deadline;
  auto const comes_now = given_.caller == a.caller;
  auto const* const cancelled = std::get_if<core::cancel>(event_);
  stop_waiting(a.caller);
  switch (a.reason) {
  case core::reject_reason::closed:
    require(draining_, "only a closed pool refuses as closed");
    ++totals_.rejected;
    marks_.set(comes_now ? mark::refused_by_a_closed_pool : mark::waiters_refused_at_close);
    break;
  case core::reject_reason::exhausted:
    require(comes_now && deadline <= now_, "only who does not wait is refused as exhausted");
    ++totals_.rejected;
    marks_.set(mark::exhausted);
    break;
  case core::reject_reason::timed_out:
    require(deadline <= now_, "no wait ends before its deadline");
    require(comes_now || deadline > settled_at_,
            "a wait ends with the first event at its deadline");
    ++totals_.timed_out;
    marks_.set(mark::timed_out);
    break;
  case core::reject_reason::cancelled:
    require(cancelled != nullptr && cancelled->caller == a.caller, "only who cancels is cancelled");
    ++totals_.cancelled;
    marks_.set(mark::cancelled);
    break;
  case core::reject_reason::queue_full:
    require(comes_now && waiting_ >= options_.max_waiters, "only a full queue is full");
    ++totals_.rejected;
    marks_.set(mark::queue_full);
    break;
  case core::reject_reason::open_failed:
    require(options_.when_down == while_down::fail_fast && failures_at_most_ > 0 &&
                !something_may_come_back() && !suspended_,
            "only while opens fail and nothing can come back are callers told so");
    ++totals_.rejected;
    marks_.set(mark::refused_as_open_failed);
    break;
  case core::reject_reason::suspended:
    require(suspended_ && comes_now && deadline <= now_, "only a suspended pool refuses as such");
    ++totals_.rejected;
    marks_.set(mark::refused_as_suspended);
    break;
  }
}

void books::on(core::drained const&) {
  require(draining_ && !drained_, "a pool is drained once, after it was closed");
  require(count(holding::nothing) == slots_.size(), "a drained pool has nothing left");
  drained_ = true;
}

} // namespace conecta::sim
