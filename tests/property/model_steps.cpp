// What follows from the events of model.cpp, but for who gets what, and the small steps that they
// are made of.

#include "property/model.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

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
  close_what_is_too_much(now);
  if (!suspended_) {
    serve(now);
  }
  close_what_is_too_idle(now);
  go_on_with_scan(now);
  open_what_is_missing(now, wanting());
  tell_if_hopeless();
}

void model::close_what_is_too_much(instant now) {
  auto const there = [this] {
    return static_cast<std::size_t>(
        std::count_if(things_.begin(), things_.end(), [](thing const& that) {
          return that.state != slot_state::closing && !that.placeless;
        }));
  };
  for (auto* const that : idle_ones_coldest_first()) {
    if (there() > options_.max_size) {
      close(*that, close_reason::surplus, now);
    }
  }
}

void model::close_what_is_too_idle(instant now) {
  if (!options_.max_idle || wanting() > 0) {
    return;
  }
  for (auto* const that : idle_ones_coldest_first()) {
    if (how_many(slot_state::idle) + how_many(slot_state::checking) > *options_.max_idle) {
      close(*that, close_reason::surplus, now);
    }
  }
}

std::optional<close_reason> model::worn_out(thing const& that, instant now) const {
  return that.placeless        ? std::optional{close_reason::surplus}
         : that.stale          ? std::optional{close_reason::stale}
         : that.expires <= now ? std::optional{close_reason::lifetime}
         : options_.max_uses && that.uses >= *options_.max_uses ? std::optional{close_reason::uses}
                                                                : std::nullopt;
}

void model::lease_is_due(thing& that) {
  auto const due = std::exchange(that.lease_due, never);
  if (!that.reported) {
    that.reported = true;
    ++stats_.leaked;
    actions_.push_back({core::overdue{that.name}});
    if (options_.reclaim_after) {
      that.lease_due = saturating_add(due, *options_.reclaim_after - *options_.leak_threshold);
    }
    return;
  }
  auto const placeless = static_cast<std::size_t>(std::count_if(
      things_.begin(), things_.end(), [](thing const& each) { return each.placeless; }));
  if (!closed_ && options_.max_size + placeless < slots_) {
    that.placeless = true;
    ++stats_.reclaimed;
    actions_.push_back({core::reclaimed{that.name}});
  }
}

void model::scan(instant now) {
  scan_started_ = now;
  scan_due_ = saturating_add(now, options_.scan_interval);
  to_look_at_.clear();
  for (std::uint32_t index = 0; index < slots_; ++index) {
    to_look_at_.push_back(index);
  }
  for (auto* const that : idle_ones_coldest_first()) {
    if (that->expires <= now) {
      close(*that, close_reason::lifetime, now);
    } else if (unused_for_too_long(*that, now)) {
      close(*that, close_reason::idle, now);
    } else if (that->replace_at <= now) {
      that->ageing = true;
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
    auto const will_be_idle = !that.stuck && !that.stale && !that.ageing &&
                              that.state != slot_state::leased && that.state != slot_state::closing;
    wanted -= will_be_idle && wanted > 0 ? 1U : 0U;
  }
  auto const opening = how_many(slot_state::opening);
  return std::max(wanted, initial_left_ > opening ? initial_left_ - opening : 0);
}

std::size_t model::room() const {
  auto const taken = static_cast<std::size_t>(std::count_if(
      things_.begin(), things_.end(), [](thing const& that) { return !that.placeless; }));
  return options_.max_size > taken ? options_.max_size - taken : 0;
}

void model::open_what_is_missing(instant now, std::size_t wanting) {
  auto at_once = std::min(options_.open_concurrency, opens_at_once_);
  if (failed_opens_ > 0 && now < opens_resume_) {
    at_once = 0;
  }
  while (missing(wanting) > 0 && room() > 0 && how_many(slot_state::opening) < at_once) {
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
  that.for_caller = false;
}

void model::come_to_rest(thing& that, instant now) {
  that.state = slot_state::idle;
  that.idle_since = now;
  that.failed_checks = 0;
  that.untried = false;
  that.rested = ++rests_;
}

void model::close(thing& that, close_reason reason, instant now) {
  if (that.state == slot_state::idle && reason != close_reason::shutdown) {
    ++stats_.evicted_by[reason];
  }
  that.reason = reason;
  that.ageing = false;
  that.placeless = false;
  begin(that, slot_state::closing, now, options_.close_timeout);
  actions_.push_back({core::close{{}, reason, that.hook_ends}, that.id});
}

void model::check(thing& that, instant now) {
  begin(that, slot_state::checking, now, options_.check_timeout);
  actions_.push_back({core::check{{}, that.failed_checks, that.hook_ends}, that.id});
}

void model::reset(thing& that, instant now) {
  begin(that, slot_state::resetting, now, options_.reset_timeout);
  actions_.push_back({core::reset{{}, that.hook_ends}, that.id});
}

void model::lend(int id, ticket name, instant now) {
  auto& that = entry(id);
  that.state = slot_state::leased;
  that.ageing = false;
  ++that.uses;
  if (options_.leak_threshold) {
    that.lease_due = saturating_add(now, *options_.leak_threshold);
  }
  ++stats_.acquired;
  actions_.push_back({core::grant{name, {}}, id});
}

void model::end_of_lease(thing& that) {
  that.lease_due = never;
  if (std::exchange(that.reported, false)) {
    actions_.push_back({core::came_back{that.name}});
  }
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
  now.max_size = options_.max_size;
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
    next = std::min({next, that.stuck ? never : that.hook_ends, that.lease_due});
  }
  if (closed_) {
    return next;
  }
  if (how_many(slot_state::idle) + how_many(slot_state::checking) > 0) {
    next = std::min(next, scan_due_);
  }
  auto const only_backoff_holds_it = failed_opens_ > 0 && how_many(slot_state::opening) == 0 &&
                                     room() > 0 && missing(wanting()) > 0;
  return only_backoff_holds_it ? std::min(next, opens_resume_) : next;
}

} // namespace conecta::property
