#include "property/model.hpp"

#include "core/backoff.hpp"

#include <algorithm>
#include <stdexcept>

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

// What follows from any event.

void model::settle(instant now) {
  tell_the_late(now);
  if (closed_) {
    if (things_.empty() && !drained_) {
      drained_ = true;
      actions_.push_back({core::drained{}});
    }
    return;
  }
  while (!callers_.empty()) {
    auto const id = next_to_lend(now);
    if (!id) {
      break;
    }
    auto const first = callers_.front();
    callers_.erase(callers_.begin());
    lend(*id, first.name);
  }
  go_on_with_scan(now);
  open_what_is_missing(now, callers_.size());
}

void model::tell_the_late(instant now) {
  std::vector<caller> in_time;
  for (auto const& waiting : callers_) {
    if (waiting.deadline <= now) {
      reject(waiting.name, reject_reason::timed_out);
    } else {
      in_time.push_back(waiting);
    }
  }
  callers_ = in_time;
}

std::optional<int> model::next_to_lend(instant now) {
  std::vector<thing*> idle;
  for (auto& that : things_) {
    if (that.state == slot_state::idle) {
      idle.push_back(&that);
    }
  }
  std::sort(idle.begin(), idle.end(), [this](thing const* a, thing const* b) {
    return options_.order == idle_order::lifo ? a->rested > b->rested : a->rested < b->rested;
  });
  for (auto* const that : idle) {
    if (now < that->expires) {
      return that->id;
    }
    close(*that, close_reason::lifetime, now);
  }
  return std::nullopt;
}

void model::scan(instant now) {
  scan_started_ = now;
  scan_due_ = saturating_add(now, options_.scan_interval);
  to_look_at_.clear();
  for (std::uint32_t index = 0; index < options_.max_size; ++index) {
    to_look_at_.push_back(index);
  }
  std::vector<thing*> coldest_first;
  for (auto& that : things_) {
    if (that.state == slot_state::idle) {
      coldest_first.push_back(&that);
    }
  }
  std::sort(coldest_first.begin(), coldest_first.end(),
            [](thing const* a, thing const* b) { return a->rested < b->rested; });
  for (auto* const that : coldest_first) {
    if (that->expires <= now) {
      close(*that, close_reason::lifetime, now);
    } else if (options_.idle_timeout && now - that->idle_since >= *options_.idle_timeout &&
               how_many(slot_state::idle) > options_.min_idle) {
      close(*that, close_reason::idle, now);
    }
  }
}

void model::go_on_with_scan(instant now) {
  while (!to_look_at_.empty() && how_many(slot_state::checking) < options_.check_concurrency) {
    auto* const that = in_slot(to_look_at_.front());
    to_look_at_.erase(to_look_at_.begin());
    if (hooks_.check && that != nullptr && that->state == slot_state::idle &&
        that->idle_since <= scan_started_) {
      check(*that, now);
    }
  }
}

std::size_t model::missing(std::size_t wanting) const {
  auto wanted = wanting + options_.min_idle;
  for (auto const& that : things_) {
    auto const will_be_idle =
        !that.stuck && that.state != slot_state::leased && that.state != slot_state::closing;
    wanted -= will_be_idle && wanted > 0 ? 1U : 0U;
  }
  return wanted;
}

void model::open_what_is_missing(instant now, std::size_t wanting) {
  auto at_once = options_.open_concurrency;
  if (failed_opens_ > 0) {
    at_once = now < opens_resume_ ? 0 : 1;
  }
  while (missing(wanting) > 0 && things_.size() < options_.max_size &&
         how_many(slot_state::opening) < at_once) {
    thing that{.id = next_id_++, .name = {}};
    begin(that, slot_state::opening, now, options_.open_timeout);
    actions_.push_back({core::open{{}, that.hook_ends}, that.id});
    things_.push_back(that);
  }
}

// Small steps.

void model::reject(ticket name, reject_reason reason) {
  ++(reason == reject_reason::timed_out   ? stats_.timed_out
     : reason == reject_reason::cancelled ? stats_.cancelled
                                          : stats_.rejected);
  actions_.push_back({core::reject{name, reason}});
}

void model::begin(thing& that, slot_state state, instant now, duration timeout) {
  that.state = state;
  that.hook_ends = saturating_add(now, timeout);
  that.stuck = false;
}

void model::end(thing& that, slot_state state) {
  that.state = state;
  that.hook_ends = never;
  that.stuck = false;
}

void model::come_to_rest(thing& that, instant now) {
  that.state = slot_state::idle;
  that.idle_since = now;
  that.failed_checks = 0;
  that.rested = ++rests_;
}

void model::close(thing& that, close_reason reason, instant now) {
  if (that.state == slot_state::idle && reason != close_reason::shutdown) {
    ++stats_.evicted_by[reason];
  }
  that.reason = reason;
  begin(that, slot_state::closing, now, options_.close_timeout);
  actions_.push_back({core::close{{}, reason, that.hook_ends}, that.id});
}

void model::check(thing& that, instant now) {
  begin(that, slot_state::checking, now, options_.check_timeout);
  actions_.push_back({core::check{{}, that.failed_checks, that.hook_ends}, that.id});
}

void model::lend(int id, ticket name) {
  entry(id).state = slot_state::leased;
  ++stats_.acquired;
  actions_.push_back({core::grant{name, {}}, id});
}

// Looking things up.

thing& model::entry(int id) {
  return const_cast<thing&>(static_cast<model const&>(*this).with_id(id));
}

thing const& model::with_id(int id) const {
  for (auto const& that : things_) {
    if (that.id == id) {
      return that;
    }
  }
  throw std::logic_error{"model: no such thing"};
}

thing* model::find(slot_ref name, slot_state state) {
  auto* const that = in_slot(name.index);
  return that != nullptr && that->name == name && that->state == state ? that : nullptr;
}

thing* model::in_slot(std::uint32_t index) {
  for (auto& that : things_) {
    if (that.name.generation != 0 && that.name.index == index) {
      return &that;
    }
  }
  return nullptr;
}

std::size_t model::how_many(slot_state state) const {
  return static_cast<std::size_t>(std::count_if(
      things_.begin(), things_.end(), [state](thing const& that) { return that.state == state; }));
}

void model::forget(int id) {
  std::erase_if(things_, [id](thing const& that) { return that.id == id; });
}

pool_stats model::stats() const {
  auto now = stats_;
  now.idle = how_many(slot_state::idle);
  now.leased = how_many(slot_state::leased);
  now.opening = how_many(slot_state::opening);
  now.checking = how_many(slot_state::checking);
  now.resetting = how_many(slot_state::resetting);
  now.closing = how_many(slot_state::closing);
  now.waiters = callers_.size();
  now.stuck = static_cast<std::size_t>(
      std::count_if(things_.begin(), things_.end(), [](thing const& that) { return that.stuck; }));
  return now;
}

instant model::next_deadline() const {
  auto next = never;
  for (auto const& waiting : callers_) {
    next = std::min(next, waiting.deadline);
  }
  for (auto const& that : things_) {
    next = std::min(next, that.stuck ? never : that.hook_ends);
  }
  if (closed_) {
    return next;
  }
  if (how_many(slot_state::idle) + how_many(slot_state::checking) > 0) {
    next = std::min(next, scan_due_);
  }
  auto const only_backoff_holds_it = failed_opens_ > 0 && how_many(slot_state::opening) == 0 &&
                                     things_.size() < options_.max_size &&
                                     missing(callers_.size()) > 0;
  return only_backoff_holds_it ? std::min(next, opens_resume_) : next;
}

} // namespace conecta::property
