// What follows from the events of model.cpp, and the small steps that they are made of.

#include "property/model.hpp"

#include <algorithm>
#include <stdexcept>

namespace conecta::property {

using core::reject_reason;
using core::slot_state;

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
