#include "driver/shell.hpp"

#include <algorithm>
#include <utility>

namespace conecta::driver {

namespace {

errc code_of(core::reject_reason reason) {
  switch (reason) {
  case core::reject_reason::closed:
    return errc::closed;
  case core::reject_reason::exhausted:
    return errc::exhausted;
  case core::reject_reason::timed_out:
    return errc::timed_out;
  case core::reject_reason::cancelled:
    return errc::cancelled;
  case core::reject_reason::queue_full:
    return errc::queue_full;
  case core::reject_reason::open_failed:
    return errc::open_failed;
  case core::reject_reason::suspended:
    return errc::suspended;
  }
  return errc::closed;
}

} // namespace

void engine::shell::note(core::give_back const& what, instant now, notices& news) {
  chronicle_.returned(what.slot.index, now, news);
}
void engine::shell::note(core::discard const& what, instant now, notices& news) {
  chronicle_.returned(what.slot.index, now, news);
}
void engine::shell::note(core::detach const& what, instant now, notices& news) {
  chronicle_.returned(what.slot.index, now, news);
}
void engine::shell::note(core::opened const& what, instant now, notices& news) {
  chronicle_.opened(what.slot.index, now, news);
}
void engine::shell::note(core::open_failed const& what, instant now, notices& news) {
  chronicle_.open_failed(what.slot.index, last_open_, now, news);
}
void engine::shell::note(core::checked const& what, instant, notices& news) {
  auto const cut_off = what.found == core::health::bad && !machine_.accepts_callers();
  if (what.found != core::health::unknown && !cut_off) {
    chronicle_.checked(what.slot.index, what.found == core::health::good, news);
  }
}
void engine::shell::note(core::closed const& what, instant, notices& news) {
  chronicle_.closed(what.slot.index, news);
}

struct engine::shell::gathering {
  shell& in;
  pending& todo;
  instant now;
  std::optional<ticket> mine;

  template <class Action>
  void operator()(Action const&) const {}
  void operator()(core::open const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.open_begins(what.slot.index, now);
  }
  void operator()(core::check const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.check_begins(what.slot.index, what.failures_so_far);
  }
  void operator()(core::close const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.close_begins(what.slot.index, what.reason);
  }
  void operator()(core::grant const& what) const CONECTA_REQUIRES(in.mutex_) {
    auto const caller = std::exchange(in.callers_[what.caller.place], {});
    in.chronicle_.granted(what.slot.index, caller.asking, now, todo.news);
    if (what.caller == mine) {
      todo.own = what.slot;
    } else if (caller.who != nullptr) {
      todo.grants.push_back({caller.who, what.slot});
    }
  }
  void operator()(core::reject const& what) const CONECTA_REQUIRES(in.mutex_) {
    auto const caller = std::exchange(in.callers_[what.caller.place], {});
    auto why = in.failure_with(code_of(what.reason));
    auto const asked_just_now = what.caller == mine && std::holds_alternative<ticket>(todo.own) &&
                                std::get<ticket>(todo.own) == mine;
    // Who spurned what it had waited for has waited, too.
    if (!asked_just_now ||
        (caller.asking.asked < now && what.reason != core::reject_reason::exhausted)) {
      in.chronicle_.gave_up(caller.asking, why.code, now, todo.news);
    }
    if (asked_just_now) {
      todo.own = std::move(why);
      return;
    }
    if (caller.who != nullptr) {
      todo.rejections.push_back({caller.who, std::move(why)});
    }
  }
  void operator()(core::wake const& what) const CONECTA_REQUIRES(in.mutex_) {
    if (auto* const who = in.callers_[what.caller.place].who) {
      todo.to_wake.push_back(who->keep());
    }
  }
  void operator()(core::overdue const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.leaked(what.slot.index, todo.news);
  }
  void operator()(core::reclaimed const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.reclaimed(what.slot.index, todo.news);
  }
  void operator()(core::came_back const& what) const CONECTA_REQUIRES(in.mutex_) {
    in.chronicle_.came_back(what.slot.index, now, todo.news);
  }
};

struct engine::shell::performing {
  carrier& by;

  template <class Action>
  void operator()(Action const&) const {}
  void operator()(core::open const& what) const { by.open(what.slot, what.deadline); }
  void operator()(core::check const& what) const {
    by.check(what.slot, what.failures_so_far, what.deadline);
  }
  void operator()(core::reset const& what) const { by.reset(what.slot, what.deadline); }
  void operator()(core::close const& what) const { by.close(what.slot, what.deadline); }
  void operator()(core::interrupt const& what) const { by.interrupt(what.slot); }
  void operator()(core::drained const&) const { by.drained(); }
};

instant engine::shell::begin() {
  auto const now = std::chrono::steady_clock::now();
  if (machine_.is_handed_over()) {
    auto const since = gate_.close(came_back_);
    machine_.take_back(now, {came_back_, since.taken, since.put, gate_.peak_leased()});
    // Both ends look at every slot: that must be rare beside what passes in between.
    auto const slots = std::max<std::size_t>(room_, 16);
    auto const was_worth_it = since.taken + since.put >= 8 * slots;
    patience_ = was_worth_it ? 1 : std::min<std::size_t>(2 * patience_, 1024);
    events_to_wait_ = slots * patience_;
  }
  return now;
}

void engine::shell::hand_over(instant now) {
  if (!has_gate_ || room_ > gate_.room()) {
    return;
  }
  if (events_to_wait_ > 0) {
    --events_to_wait_;
    return;
  }
  if (!machine_.may_hand_over()) {
    return;
  }
  handed_over_.clear();
  if (auto const leased = machine_.hand_over(now, handed_over_)) {
    gate_.open(handed_over_, *leased);
  } else {
    events_to_wait_ = room_;
  }
}

void engine::shell::finish(pending& todo, instant now, std::optional<ticket> mine) {
  for (auto const& action : todo.actions) {
    std::visit(gathering{*this, todo, now, mine}, action);
  }
  hand_over(now);
  if (auto const next = machine_.next_deadline(); next < armed_) {
    armed_ = next;
    todo.wake = next;
  }
}

bool engine::shell::tells_here() const noexcept {
  auto const* each = innermost;
  while (each != nullptr && each->of != this) {
    each = each->outer;
  }
  return each != nullptr;
}

/// The observer first: it hears of each resource's events in their order.
void engine::shell::carry_out(pending& todo) {
  if (!todo.news.empty()) {
    telling const here{this, std::exchange(innermost, &here)};
    observer_errors_ += tell(*options_.observer, todo.news);
    innermost = here.outer;
  }
  for (auto const& each : todo.grants) {
    each.caller->granted(each.slot);
  }
  for (auto& each : todo.rejections) {
    each.caller->rejected(std::move(each.why));
  }
  for (auto const& each : todo.to_wake) {
    each->woken();
  }
  for (auto const& action : todo.actions) {
    std::visit(performing{carrier_}, action);
  }
  if (todo.wake != never) {
    carrier_.wake_at(todo.wake);
  }
}

} // namespace conecta::driver
