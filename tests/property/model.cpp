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
      scan_started_{now},
      scan_due_{saturating_add(now, options.scan_interval)} {}

receipt model::on(instant now, core::event const& what, ticket fresh) {
  actions_.clear();
  auto const answer = std::visit([&](auto const& e) { return handle(now, e, fresh); }, what);
  if (answer == receipt::accepted) {
    settle(now);
  }
  stats_.peak_live = std::max(stats_.peak_live, things_.size());
  stats_.peak_leased = std::max(stats_.peak_leased, how_many(slot_state::leased));
  stats_.peak_waiters = std::max(stats_.peak_waiters, callers_.size());
  return answer;
}

// The events.

receipt model::handle(instant now, core::acquire const& request, ticket fresh) {
  tell_the_late(now);
  if (closed_) {
    reject(fresh, reject_reason::closed);
  } else if (auto const id = next_to_lend(now)) {
    lend(*id, fresh);
  } else if (request.deadline <= now) {
    reject(fresh, reject_reason::exhausted);
    // Who only tries still makes the pool open one for the next who tries.
    open_what_is_missing(now, callers_.size() + 1);
  } else if (callers_.size() == options_.max_waiters) {
    reject(fresh, reject_reason::queue_full);
  } else {
    callers_.push_back({fresh, request.deadline});
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
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (that->expires <= now) {
    close(*that, close_reason::lifetime, now);
  } else if (hooks_.reset && options_.returned == on_return::reset) {
    begin(*that, slot_state::resetting, now, options_.reset_timeout);
    actions_.push_back({core::reset{{}, that->hook_ends}, that->id});
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
  close(*that, closed_ ? close_reason::shutdown : ended.reason, now);
  return receipt::accepted;
}

receipt model::handle(instant, core::detach const& ended, ticket) {
  auto* const that = find(ended.slot, slot_state::leased);
  if (that == nullptr) {
    return receipt::refused;
  }
  ++stats_.detached;
  forget(that->id);
  return receipt::accepted;
}

receipt model::handle(instant, core::reserve const&, ticket) {
  if (closed_ || things_.size() == options_.max_size) {
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
  if (that->added) {
    ++stats_.added;
    that->added = false;
  } else {
    ++stats_.opened;
    failed_opens_ = 0;
  }
  if (options_.max_lifetime) {
    auto const chance = options_.lifetime_jitter > 0 ? random_.next_unit() : 0.0;
    that->expires = saturating_add(
        now, core::shortened(*options_.max_lifetime, options_.lifetime_jitter * chance));
  }
  end(*that, slot_state::idle);
  come_to_rest(*that, now);
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::open_failed const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::opening);
  if (that == nullptr) {
    return receipt::refused;
  }
  auto const was_added = that->added;
  forget(that->id);
  if (was_added) {
    return receipt::accepted; // says nothing about the backend
  }
  ++stats_.open_failed;
  if (failed_opens_ > 0 && now < opens_resume_) {
    return receipt::accepted; // one of several that failed together
  }
  ++failed_opens_;
  auto delay = options_.backoff.initial;
  for (unsigned i = 1; i < failed_opens_ && delay < options_.backoff.limit; ++i) {
    delay = options_.backoff.limit - delay < delay ? options_.backoff.limit : delay + delay;
  }
  auto const chance = options_.backoff.jitter > 0 ? random_.next_unit() : 0.0;
  opens_resume_ = saturating_add(now, core::shortened(delay, options_.backoff.jitter * chance));
  return receipt::accepted;
}

receipt model::handle(instant now, core::checked const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::checking);
  if (that == nullptr) {
    return receipt::refused;
  }
  end(*that, slot_state::idle);
  if (answer.found == health::good) {
    ++stats_.checks_ok;
    that->failed_checks = 0;
  } else {
    ++stats_.checks_failed;
    ++that->failed_checks;
  }
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (that->failed_checks > options_.check_retries) {
    close(*that, close_reason::unhealthy, now);
  } else if (answer.found == health::bad) {
    check(*that, now);
  }
  return receipt::accepted;
}

receipt model::handle(instant now, core::reset_done const& answer, ticket) {
  auto* const that = find(answer.slot, slot_state::resetting);
  if (that == nullptr) {
    return receipt::refused;
  }
  end(*that, slot_state::idle);
  come_to_rest(*that, now);
  if (closed_) {
    close(*that, close_reason::shutdown, now);
  } else if (answer.found == health::bad) {
    close(*that, close_reason::unhealthy, now);
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
      actions_.push_back({core::interrupt{}, that.id});
    }
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
      actions_.push_back({core::interrupt{}, that.id});
    }
  }
  return receipt::accepted;
}

} // namespace conecta::property
