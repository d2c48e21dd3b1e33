// Who gets what, as model.cpp has it: the order of the queue and of the idle ones, who is woken and
// who is refused.

#include "property/model.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace conecta::property {

using core::reject_reason;
using core::slot_state;

bool model::queue_is_strict() const {
  auto const checked_for_head =
      just_proven_ != nothing && hooks_.check && options_.check_on_acquire != acquire_check::none;
  return options_.fair == fairness::strict ||
         callers_.front().overtaken >= options_.max_overtaken || checked_for_head;
}

void model::serve(instant now) {
  while (!callers_.empty() && queue_is_strict()) {
    auto const id = next_to_lend(now, callers_.size());
    if (!id) {
      break;
    }
    auto const first = callers_.front();
    callers_.erase(callers_.begin());
    lend(*id, first.name, now);
  }
  if (options_.fair == fairness::barging) {
    wake(now);
  }
}

void model::wake(instant now) {
  auto const idle = how_many(slot_state::idle);
  if (idle == 0) {
    return;
  }
  auto const* const next = order_of_service().front();
  if (next->expires > now && !unused_for_too_long(*next, now) && needs_check(*next, now) &&
      !may_check_for(callers_.size())) {
    return;
  }
  auto awake = std::count_if(callers_.begin(), callers_.end(), [](auto& c) { return c.awake; });
  for (auto& waiting : callers_) {
    if (!waiting.awake && static_cast<std::size_t>(awake) < idle) {
      waiting.awake = true;
      ++awake;
      actions_.push_back({core::wake{waiting.name}});
    }
  }
}

bool model::is_hopeless() const {
  if (options_.when_down != while_down::fail_fast || suspended_ || failed_opens_ == 0) {
    return false;
  }
  auto const hope = std::any_of(things_.begin(), things_.end(), [](thing const& that) {
    return that.state != slot_state::closing && !that.stuck && !that.stale && !that.placeless;
  });
  return !hope;
}

void model::tell_if_hopeless() {
  if (is_hopeless()) {
    for (auto const& waiting : callers_) {
      reject(waiting.name, reject_reason::open_failed);
    }
    callers_.clear();
  }
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

std::vector<thing*> model::idle_ones_coldest_first() {
  std::vector<thing*> idle;
  for (auto& that : things_) {
    if (that.state == slot_state::idle) {
      idle.push_back(&that);
    }
  }
  std::sort(idle.begin(), idle.end(),
            [](thing const* a, thing const* b) { return a->rested < b->rested; });
  return idle;
}

bool model::needs_check(thing const& that, instant now) const {
  if (!hooks_.check || that.id == just_proven_) {
    return false;
  }
  auto const last_known_good = std::max(that.idle_since, that.proven_at);
  return that.proven_at <= suspect_until_ || options_.check_on_acquire == acquire_check::always ||
         (options_.check_on_acquire == acquire_check::if_idle_for &&
          now - last_known_good >= options_.check_if_idle_for);
}

std::optional<int> model::next_for_newcomer(instant now) {
  auto const may = callers_.empty() || !queue_is_strict();
  return may && !suspended_ ? next_to_lend(now, callers_.size() + 1) : std::nullopt;
}

std::vector<thing*> model::order_of_service() {
  auto in_order = idle_ones_coldest_first();
  if (options_.order == idle_order::lifo) {
    std::reverse(in_order.begin(), in_order.end());
  }
  if (!callers_.empty()) { // what was just proven was proven for them
    auto const proven = std::find_if(in_order.begin(), in_order.end(), [this](thing const* that) {
      return that->id == just_proven_;
    });
    if (proven != in_order.end()) {
      std::rotate(in_order.begin(), proven, std::next(proven));
    }
  }
  return in_order;
}

bool model::may_check_for(std::size_t wanting) const {
  auto const checks_for_callers =
      static_cast<std::size_t>(std::count_if(things_.begin(), things_.end(), [](thing const& each) {
        return each.for_caller && !each.stuck && !each.stale;
      }));
  return checks_for_callers < wanting &&
         how_many(slot_state::checking) < options_.check_concurrency;
}

/// And not needed for min_idle; those whose replacement was asked for do not count.
bool model::unused_for_too_long(thing const& that, instant now) const {
  auto const replaced = static_cast<std::size_t>(
      std::count_if(things_.begin(), things_.end(), [](thing const& each) { return each.ageing; }));
  auto const kept_back = options_.min_idle + (that.ageing ? 0 : replaced);
  return options_.idle_timeout && now - that.idle_since >= *options_.idle_timeout &&
         how_many(slot_state::idle) > kept_back;
}

std::optional<int> model::next_to_lend(instant now, std::size_t wanting) {
  for (auto* const that : order_of_service()) {
    if (that->expires <= now) {
      close(*that, close_reason::lifetime, now);
    } else if (unused_for_too_long(*that, now)) {
      close(*that, close_reason::idle, now);
    } else if (!needs_check(*that, now)) {
      return that->id;
    } else {
      if (!may_check_for(wanting)) {
        return std::nullopt;
      }
      check(*that, now);
      that->for_caller = true;
    }
  }
  return std::nullopt;
}

} // namespace conecta::property
