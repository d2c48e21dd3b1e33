#include "property/model.hpp"

#include "core/backoff.hpp"

#include <algorithm>

namespace conecta::property {

using core::health;
using core::receipt;
using core::reject_reason;
using core::slot_state;

model::model(pool_options const& options, core::hooks_present hooks, std::uint64_t seed,
             instant now)
    : options_{options},
      hooks_{hooks},
      random_{seed},
      slots_{slots_of(options)},
      initial_left_{options.initial_size},
      scan_started_{now},
      scan_due_{saturating_add(now, options.scan_interval)} {}

receipt model::on(instant now, core::event const& what, ticket fresh) {
  actions_.clear();
  just_proven_ = nothing;
  auto const answer = std::visit([&](auto const& e) { return handle(now, e, fresh); }, what);
  if (answer == receipt::accepted) {
    settle(now);
  }
  stats_.peak_live = std::max(stats_.peak_live, things_.size());
  stats_.peak_leased = std::max(stats_.peak_leased, how_many(slot_state::leased));
  stats_.peak_waiters = std::max(stats_.peak_waiters, callers_.size());
  return answer;
}

// The events: callers.

receipt model::handle(instant now, core::acquire const& request, ticket fresh) {
  tell_the_late(now);
  if (closed_) {
    reject(fresh, reject_reason::closed);
  } else if (auto const id = next_for_newcomer(now)) {
    lend(*id, fresh, now);
  } else if (request.deadline <= now) {
    reject(fresh, suspended_ ? reject_reason::suspended : reject_reason::exhausted);
    // Unless nothing is lent at all, who only tries still makes the pool open one for the next who
    // tries.
    open_what_is_missing(now, suspended_ ? 0 : callers_.size() + 1);
  } else if (callers_.size() >= options_.max_waiters) {
    reject(fresh, is_hopeless() ? reject_reason::open_failed : reject_reason::queue_full);
    if (options_.max_waiters == 0 && !suspended_) { // for the next who tries
      open_what_is_missing(now, callers_.size() + 1);
    }
  } else {
    callers_.push_back({fresh, request.deadline});
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::spurn const& found, ticket fresh) {
  auto* const that = find(found.slot, slot_state::leased);
  if (that == nullptr) {
    return receipt::refused;
  }
  --stats_.acquired; // it never had it
  end_of_lease(*that);
  if (!closed_) {
    ++stats_.evicted_by[close_reason::stale];
    if (that->untried && !that->stale && now - that->idle_since <= options_.backoff.initial) {
      failed_opens_ = failed_opens_ == 0 ? std::exchange(forgiven_, 0U) : failed_opens_;
      backend_failed(now);
    }
  }
  close(*that, closed_ ? close_reason::shutdown : close_reason::stale, now);
  if (closed_) {
    reject(fresh, reject_reason::closed);
  } else if (now < found.deadline) {
    callers_.insert(callers_.begin(), {fresh, found.deadline, false, options_.max_overtaken});
  } else if (auto const id = next_for_newcomer(now)) {
    lend(*id, fresh, now);
  } else {
    reject(fresh,
           found.deadline == instant::min() ? reject_reason::exhausted : reject_reason::timed_out);
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::retry const& request, ticket) {
  auto const mine = [&](caller const& c) { return c.name == request.caller; };
  auto const before = std::find_if(callers_.begin(), callers_.end(), mine);
  if (before == callers_.end() || !before->awake) {
    return receipt::refused;
  }
  tell_the_late(now);
  auto const found = std::find_if(callers_.begin(), callers_.end(), mine);
  if (found == callers_.end()) {
    return receipt::accepted;
  }
  auto const id = suspended_ ? std::nullopt : next_to_lend(now, callers_.size());
  if (id) {
    callers_.erase(found);
    lend(*id, request.caller, now);
  } else {
    found->awake = false;
    ++found->overtaken;
  }
  return receipt::accepted;
}

receipt model::handle(instant, core::cancel const& request, ticket) {
  auto const found = std::find_if(callers_.begin(), callers_.end(),
                                  [&](caller const& c) { return c.name == request.caller; });
  if (found == callers_.end()) {
    return receipt::refused;
  }
  callers_.erase(found);
  reject(request.caller, reject_reason::cancelled);
  return receipt::accepted;
}

receipt model::handle(instant now, core::give_back const& ended, ticket) {
  auto* const that = find(ended.slot, slot_state::leased);
  if (that == nullptr) {
    return receipt::refused;
  }
  ++stats_.returned;
  end_of_lease(*that);
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (auto const reason = worn_out(*that, now)) {
    close(*that, *reason, now);
  } else if (hooks_.reset && options_.returned == on_return::reset) {
    reset(*that, now);
  } else {
    come_to_rest(*that, now);
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::discard const& ended, ticket) {
  auto* const that = find(ended.slot, slot_state::leased);
  if (that == nullptr) {
    return receipt::refused;
  }
  ++stats_.returned;
  end_of_lease(*that);
  close(*that, closed_ ? close_reason::shutdown : ended.reason, now);
  return receipt::accepted;
}

receipt model::handle(instant, core::detach const& ended, ticket) {
  auto* const that = find(ended.slot, slot_state::leased);
  if (that == nullptr) {
    return receipt::refused;
  }
  ++stats_.detached;
  end_of_lease(*that);
  forget(that->id);
  return receipt::accepted;
}

receipt model::handle(instant, core::reserve const&, ticket) {
  if (closed_ || room() == 0) {
    return receipt::refused;
  }
  reserved_ = next_id_++;
  things_.push_back({.id = reserved_, .name = {}, .added = true});
  return receipt::accepted;
}

receipt model::handle(instant now, core::opened const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::opening);
  if (that == nullptr) {
    return receipt::refused;
  }
  auto const is_ours = !that->added;
  if (that->added) {
    ++stats_.added;
    that->added = false;
  } else {
    ++stats_.opened;
    forgiven_ = std::exchange(failed_opens_, 0U);
    opens_resume_ = instant::min();
    opens_at_once_ = std::min<std::size_t>(opens_at_once_ + 1, 1024);
    initial_left_ = initial_left_ == 0 ? 0 : initial_left_ - 1;
  }
  if (options_.max_lifetime) {
    auto const chance = options_.lifetime_jitter > 0 ? random_.next_unit() : 0.0;
    auto const life = core::shortened(*options_.max_lifetime, options_.lifetime_jitter * chance);
    that->expires = saturating_add(now, life);
    if (options_.min_idle > 0 && that->expires != never) {
      auto const early = std::min(life / 8, options_.scan_interval + options_.open_timeout);
      that->replace_at = that->expires - early;
    }
  }
  that->proven_at = now;
  end(*that, slot_state::idle);
  come_to_rest(*that, now);
  that->untried = is_ours && hooks_.look;
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (that->stale) {
    close(*that, close_reason::stale, now);
  } else {
    just_proven_ = that->id;
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::open_failed const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::opening);
  if (that == nullptr) {
    return receipt::refused;
  }
  auto const was_added = that->added;
  auto const was_stale = that->stale;
  forget(that->id);
  if (was_added) {
    return receipt::accepted; // says nothing about the backend
  }
  ++stats_.open_failed;
  if (!was_stale) { // else it was asked to stop
    backend_failed(now);
  }
  return receipt::accepted;
}

void model::backend_failed(instant now) {
  if (failed_opens_ > 0 && now < opens_resume_) {
    return; // one of several that failed together
  }
  ++failed_opens_;
  opens_at_once_ = 1;
  auto delay = options_.backoff.initial;
  for (unsigned i = 1; i < failed_opens_ && delay < options_.backoff.limit; ++i) {
    delay = options_.backoff.limit - delay < delay ? options_.backoff.limit : delay + delay;
  }
  auto const chance = options_.backoff.jitter > 0 ? random_.next_unit() : 0.0;
  opens_resume_ = saturating_add(now, core::shortened(delay, options_.backoff.jitter * chance));
}

receipt model::handle(instant now, core::checked const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::checking);
  if (that == nullptr) {
    return receipt::refused;
  }
  auto const tries = that->for_caller ? 1 : 1 + options_.check_retries;
  end(*that, slot_state::idle);
  if (answer.found == health::good) {
    ++stats_.checks_ok;
    that->failed_checks = 0;
  } else if (answer.found == health::bad) {
    stats_.checks_failed += closed_ ? 0U : 1U;
    ++that->failed_checks;
  }
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (that->stale) {
    close(*that, close_reason::stale, now);
  } else if (answer.found == health::good) {
    that->proven_at = now;
    just_proven_ = that->id;
  } else if (that->failed_checks < tries) {
    check(*that, now);
  } else {
    close(*that, close_reason::unhealthy, now);
    if (options_.after_bad_check == bad_check::makes_older_suspect) {
      suspect_until_ = now;
    }
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::reset_done const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::resetting);
  if (that == nullptr) {
    return receipt::refused;
  }
  end(*that, slot_state::idle);
  if (answer.found == health::unknown && !closed_ && !that->stale) {
    reset(*that, now);
    return receipt::accepted;
  }
  come_to_rest(*that, now);
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (answer.found == health::bad) {
    close(*that, close_reason::unhealthy, now);
  } else if (that->stale) {
    close(*that, close_reason::stale, now);
  } else {
    that->proven_at = now;
    just_proven_ = that->id;
  }
  return receipt::accepted;
}

receipt model::handle(instant, core::closed const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::closing);
  if (that == nullptr) {
    return receipt::refused;
  }
  ++stats_.closed;
  ++stats_.closed_by[that->reason];
  forget(that->id);
  return receipt::accepted;
}

receipt model::handle(instant now, core::tick const&, ticket) {
  for (auto& that : things_) {
    if (!that.stuck && that.hook_ends <= now) {
      that.stuck = true;
      that.ageing = that.ageing && that.state != slot_state::checking;
      actions_.push_back({core::interrupt{that.name}});
    }
  }
  for (;;) {
    auto const earliest =
        std::min_element(things_.begin(), things_.end(), [](thing const& a, thing const& b) {
          return a.lease_due != b.lease_due ? a.lease_due < b.lease_due
                                            : a.name.index < b.name.index;
        });
    if (earliest == things_.end() || earliest->lease_due > now) {
      break;
    }
    lease_is_due(*earliest);
  }
  if (!closed_ && scan_due_ <= now) {
    scan(now);
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::drain const&, ticket) {
  if (closed_) {
    return receipt::refused;
  }
  closed_ = true;
  for (auto const& waiting : callers_) {
    reject(waiting.name, reject_reason::closed);
  }
  callers_.clear();
  for (auto& that : things_) {
    if (that.state == slot_state::idle) {
      close(that, close_reason::shutdown, now);
    } else if ((that.state == slot_state::opening && !that.added) ||
               that.state == slot_state::checking || that.state == slot_state::resetting) {
      actions_.push_back({core::interrupt{that.name}});
    }
  }
  return receipt::accepted;
}

receipt model::handle(instant, core::resize const& request, ticket) {
  if (closed_ || request.max_size < 1 || request.max_size < options_.min_idle ||
      request.max_size > most_slots) {
    return receipt::refused;
  }
  options_.max_size = request.max_size;
  auto const in_a_scan = !to_look_at_.empty();
  for (; slots_ < slots_of(options_); ++slots_) {
    if (in_a_scan) {
      to_look_at_.push_back(static_cast<std::uint32_t>(slots_));
    }
  }
  initial_left_ = std::min(initial_left_, request.max_size);
  return receipt::accepted;
}

receipt model::handle(instant now, core::invalidate const&, ticket) {
  if (closed_) {
    return receipt::refused;
  }
  for (auto& that : things_) {
    if (that.state == slot_state::idle) {
      close(that, close_reason::stale, now);
    } else if (that.state != slot_state::closing) {
      auto const hook_runs = that.state != slot_state::leased && !that.added;
      if (hook_runs && !that.stuck && !that.stale) {
        actions_.push_back({core::interrupt{that.name}});
      }
      that.stale = true;
      that.ageing = false;
    }
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::evict_idle const&, ticket) {
  if (closed_) {
    return receipt::refused;
  }
  for (auto* const that : idle_ones_coldest_first()) {
    close(*that, close_reason::idle, now);
  }
  return receipt::accepted;
}

receipt model::handle(instant, core::suspend const&, ticket) {
  if (closed_ || suspended_) {
    return receipt::refused;
  }
  suspended_ = true;
  return receipt::accepted;
}

receipt model::handle(instant, core::resume const&, ticket) {
  if (closed_ || !suspended_) {
    return receipt::refused;
  }
  suspended_ = false;
  return receipt::accepted;
}

} // namespace conecta::property
