// What the callers of a simulation do.

#include "sim/simulator.hpp"

#include <algorithm>

namespace conecta::sim {

using namespace std::chrono_literals;

/// Around the pace of this world: mostly near it, sometimes at once, sometimes far longer.
duration simulator::a_while() {
  auto const pace = world_.callers.pace;
  switch (habit_.below(8)) {
  case 0:
    return 0ns;
  case 1:
    return habit_.up_to(pace * 8);
  default:
    return habit_.up_to(pace);
  }
}

void simulator::next_act(std::uint32_t who, duration delay) {
  auto& that = callers_[who];
  ++that.serial;
  heap_.add(saturating_add(now_, delay), task::caller_acts, who, that.serial);
}

void simulator::act(std::uint32_t who) {
  switch (callers_[who].what) {
  case doing::thinking:
    if (healing_ && who != probe()) {
      return;
    }
    if (!healing_ && habit_.happens(world_.callers.brings)) {
      bring();
      next_act(who, a_while());
    } else if (!healing_ && habit_.happens(world_.callers.manages)) {
      manage();
      next_act(who, a_while());
    } else {
      acquire(who);
    }
    return;
  case doing::holding:
    release(who);
    return;
  case doing::waiting:
    return;
  }
}

void simulator::acquire(std::uint32_t who) {
  auto& that = callers_[who];
  that.what = doing::waiting;
  ++that.serial;
  auto deadline = saturating_add(now_, std::max(duration{1}, a_while()));
  if (healing_) {
    // Where nobody may wait, only who does not wait is served.
    deadline = world_.pool.max_waiters == 0 ? now_ : never;
  } else if (habit_.happens(world_.callers.asks_once)) {
    deadline = habit_.happens(0.5) ? instant::min() : now_;
  } else if (habit_.happens(world_.callers.waits_forever)) {
    deadline = never;
  }
  if (!healing_ && habit_.happens(world_.callers.cancels)) {
    heap_.add(saturating_add(now_, a_while()), task::caller_cancels, who, that.serial);
  }
  that.deadline = deadline;
  feed(core::acquire{deadline}, who);
}

/// A cancel that comes after the grant is told so, and the slot goes back at once.
void simulator::cancel(std::uint32_t who, std::uint32_t serial) {
  auto const& that = callers_[who];
  if (healing_) {
    return;
  }
  if (that.what == doing::waiting && that.serial == serial) {
    auto const mine = core::cancel{that.asked};
    feed(mine);
    repeat_later(mine);
  } else if (that.what == doing::holding && that.serial == serial + 1 &&
             habit_.happens(world_.callers.cancels_in_spite)) {
    auto const held = that.held;
    if (feed(core::cancel{that.asked}).given == core::receipt::refused) {
      books_.marks().set(mark::cancel_told_too_late);
      auto& same = callers_[who];
      same.what = doing::thinking;
      next_act(who, a_while());
      feed(core::give_back{held});
    }
  }
}

void simulator::carry_out(core::grant const& a) {
  auto const who = caller_at_[a.caller.place];
  auto& that = callers_[who];
  that.what = doing::holding;
  that.held = a.slot;
  if (who == probe()) {
    probe_served_ = true;
  }
  next_act(who, healing_ ? 0ns : a_while());
}

/// Asks at once, or a little later, when others may have been quicker.
void simulator::carry_out(core::wake const& a) {
  auto const who = caller_at_[a.caller.place];
  auto const delay = healing_ || habit_.happens(0.7) ? duration{} : a_while();
  heap_.add(saturating_add(now_, delay), task::caller_retries, who, callers_[who].serial);
}

void simulator::carry_out(core::reject const& a) {
  auto const who = caller_at_[a.caller.place];
  callers_[who].what = doing::thinking;
  if (who != probe()) {
    next_act(who, a_while());
  } else if (!books_.draining()) {
    next_act(who, habit_.up_to(moment_));
  }
}

void simulator::release(std::uint32_t who) {
  auto& that = callers_[who];
  auto const held = that.held;
  that.what = doing::thinking;
  if (who != probe()) {
    next_act(who, a_while());
  }
  core::event ending = core::give_back{held};
  if (!healing_ && world_.looks && habit_.happens(world_.callers.spurns)) {
    auto& same = callers_[who];
    same.what = doing::waiting;
    ++same.serial;
    feed(core::spurn{held, same.deadline}, who);
    return;
  }
  if (!healing_ && habit_.happens(world_.callers.discards)) {
    ending =
        core::discard{held, habit_.happens(0.5) ? close_reason::broken : close_reason::discarded};
  } else if (!healing_ && habit_.happens(world_.callers.detaches)) {
    ending = core::detach{held};
  }
  feed(ending);
  repeat_later(ending);
}

/// What a pool's owner does.
void simulator::manage() {
  auto const& pool = machine_.options();
  switch (habit_.below(5)) {
  case 0:
    feed(core::resize{habit_.between(0, 2 * world_.pool.max_size)});
    return;
  case 1:
    feed(core::invalidate{});
    return;
  case 2:
    feed(core::evict_idle{});
    return;
  case 3:
    if (pool.max_size < world_.pool.max_size) {
      feed(core::resize{world_.pool.max_size});
      return;
    }
    [[fallthrough]];
  default:
    if (suspended_) {
      feed(core::resume{});
    } else {
      feed(core::suspend{});
    }
    suspended_ = !suspended_;
    return;
  }
}

void simulator::bring() {
  auto const given = feed(core::reserve{});
  if (given.slot && !over()) {
    auto const started = endpoint_.bring(*given.slot, saturating_add(now_, a_while()));
    heap_.add(started.at, task::hook_answers, given.slot->index, started.serial);
  }
}

} // namespace conecta::sim
