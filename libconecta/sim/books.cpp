// The events' half of the books, and what must hold when an event is over; books_actions.cpp has
// the actions' half.

#include "sim/books.hpp"

#include "core/invariants.hpp"
#include "core/message_text.hpp"

#include <algorithm>

namespace conecta::sim {

books::books(pool_options const& options, core::hooks_present hooks)
    : options_{options},
      hooks_{hooks},
      slots_(options.max_size),
      waiters_(options.max_waiters + 1) {
  counts_[static_cast<std::size_t>(holding::nothing)] = slots_.size();
}

void books::enter(instant now, core::event const& what, reply const& given,
                  core::action_list const& actions, core::machine const& machine) {
  now_ = now;
  event_ = &what;
  given_ = given;
  std::visit([this](auto const& event) { on(event); }, what);
  if (given.given == core::receipt::refused) {
    require(actions.empty(), "what is refused changes nothing");
  }
  std::size_t ended = 0;
  for (auto const& action : actions) {
    require(!drained_ || std::holds_alternative<core::reject>(action),
            "nothing happens in a drained pool");
    std::visit([this](auto const& a) { on(a); }, action);
    ended += std::holds_alternative<core::reject>(action) ? 1U : 0U;
  }
  if (ended > 1) {
    marks_.set(mark::several_waits_end_at_once);
  }
  settle(machine);
  if (given.given == core::receipt::accepted) {
    settled_at_ = now;
  }
}

void books::complain(std::string what) {
  if (!broken_) {
    broken_ = std::move(what);
  }
}

books::slot* books::find(slot_ref named) {
  if (named.index >= slots_.size()) {
    require(false, "a slot that the pool does not have");
    return nullptr;
  }
  return &slots_[named.index];
}

/// The slot of an event, if the event is about something that is so; the machine must agree.
books::slot* books::expect(slot_ref named, holding what, core::receipt given) {
  auto* const that = named.index < slots_.size() ? &slots_[named.index] : nullptr;
  auto const is_so = that != nullptr && that->what == what && that->generation == named.generation;
  require(is_so || given == core::receipt::refused, "an event about what is not so is refused");
  require(!is_so || given == core::receipt::accepted, "an event about what is so is accepted");
  return is_so && !broken_ ? that : nullptr;
}

void books::turn(slot& that, holding what) {
  --counts_[static_cast<std::size_t>(that.what)];
  ++counts_[static_cast<std::size_t>(what)];
  that.what = what;
}

void books::end_hook(slot& that) {
  if (that.stuck) {
    --(that.what == holding::closing ? stuck_closing_ : stuck_coming_);
    that.stuck = false;
  }
}

bool books::outlived(slot const& that, instant now) const {
  return options_.max_lifetime && now >= saturating_add(that.born, *options_.max_lifetime);
}

/// What a closing pool gets back is closed.
void books::rests(slot& that, instant now) {
  that.idle_since = now;
  that.became_idle = now;
  turn(that, draining_ ? holding::doubtful : holding::idle);
}

bool books::waits(ticket caller) const {
  return caller.place < waiters_.size() && waiters_[caller.place].waits &&
         waiters_[caller.place].generation == caller.generation;
}

void books::stop_waiting(ticket caller) {
  waiters_[caller.place].waits = false;
  --waiting_;
  while (!queue_.empty() && !waits(queue_.front())) {
    queue_.pop_front();
  }
}

void books::on(core::acquire const& e) {
  auto const caller = given_.caller.value_or(ticket{});
  if (caller.place >= waiters_.size() || waiters_[caller.place].waits ||
      caller.generation <= waiters_[caller.place].generation) {
    complain("a caller gets a ticket of its own");
    return;
  }
  waiters_[caller.place] = {true, caller.generation, e.deadline};
  queue_.push_back(caller);
  ++waiting_;
}

void books::on(core::cancel const& e) {
  auto const is_so = waits(e.caller);
  require(is_so == (given_.given == core::receipt::accepted),
          "a cancel is accepted exactly while its caller waits");
  if (!is_so) {
    marks_.set(mark::stale_cancel_refused);
  }
}

void books::on(core::give_back const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.returned;
    that->failed_checks = 0;
    rests(*that, now_);
    if (outlived(*that, now_)) {
      turn(*that, holding::doubtful);
    }
  } else {
    marks_.set(mark::stale_return_refused);
  }
}

void books::on(core::discard const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.returned;
    turn(*that, holding::doubtful);
  } else {
    marks_.set(mark::stale_return_refused);
  }
}

void books::on(core::detach const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.detached;
    turn(*that, holding::nothing);
    marks_.set(mark::detached);
  }
}

void books::on(core::reserve const&) {
  auto const room = !draining_ && count(holding::nothing) > 0;
  require(room == given_.slot.has_value(),
          "who brings a resource gets a slot exactly if one is free");
  if (!given_.slot) {
    marks_.set(mark::add_found_no_room);
    return;
  }
  if (auto* const that = name(*given_.slot)) {
    require(that->what == holding::nothing, "a resource is brought to a free slot");
    that->added = true;
    that->hook_deadline = never;
    turn(*that, holding::opening);
  }
}

void books::on(core::opened const& e) {
  auto* const that = expect(e.slot, holding::opening, given_.given);
  if (that == nullptr) {
    marks_.set(mark::stale_answer_refused);
    return;
  }
  if (that->stuck) {
    marks_.set(draining_ ? mark::late_open_is_closed : mark::late_open_goes_idle);
  }
  if (that->added) {
    ++totals_.added;
    marks_.set(mark::added);
  } else {
    ++totals_.opened;
    --opens_running_;
    if (failures_at_least_ > 0) {
      marks_.set(mark::backend_back_after_failures);
    }
    failures_at_least_ = failures_at_most_ = 0;
    opens_not_before_ = opens_surely_by_ = instant::min();
  }
  end_hook(*that);
  that->added = false;
  that->born = now_;
  that->failed_checks = 0;
  rests(*that, now_);
}

void books::on(core::open_failed const& e) {
  auto* const that = expect(e.slot, holding::opening, given_.given);
  if (that == nullptr) {
    marks_.set(mark::stale_answer_refused);
    return;
  }
  end_hook(*that);
  if (that->added) {
    marks_.set(mark::add_failed);
  } else {
    ++totals_.open_failed;
    --opens_running_;
    marks_.set(mark::open_failed);
    open_has_failed();
  }
  that->added = false;
  turn(*that, holding::nothing);
}

/// A failure counts unless the backoff runs already; whether it does may be left to chance.
void books::open_has_failed() {
  auto const longest = [this](unsigned failures) {
    auto delay = options_.backoff.initial;
    for (unsigned i = 1; i < failures && delay < options_.backoff.limit; ++i) {
      delay = delay > options_.backoff.limit / 2 ? options_.backoff.limit : delay * 2;
    }
    if (delay == options_.backoff.limit) {
      marks_.set(mark::backoff_at_its_limit);
    }
    return delay;
  };
  if (now_ < opens_not_before_) {
    return;
  }
  auto const surely = now_ >= opens_surely_by_;
  ++failures_at_most_;
  opens_surely_by_ = std::max(opens_surely_by_, saturating_add(now_, longest(failures_at_most_)));
  if (surely) {
    ++failures_at_least_;
    auto const kept = 1.0 - options_.backoff.jitter;
    auto const least = static_cast<double>(longest(failures_at_least_).count()) * kept;
    opens_not_before_ = saturating_add(
        now_, duration{std::max<duration::rep>(static_cast<duration::rep>(least), 1)});
  }
}

void books::on(core::checked const& e) {
  auto* const that = expect(e.slot, holding::checking, given_.given);
  if (that == nullptr) {
    marks_.set(mark::stale_answer_refused);
    return;
  }
  end_hook(*that);
  auto const good = e.found == core::health::good;
  ++(good ? totals_.checks_ok : totals_.checks_failed);
  that->failed_checks = good ? 0 : that->failed_checks + 1;
  that->became_idle = now_;
  turn(*that, good && !draining_ ? holding::idle : holding::doubtful);
  if (good) {
    marks_.set(mark::check_passed);
  }
}

void books::on(core::reset_done const& e) {
  auto* const that = expect(e.slot, holding::resetting, given_.given);
  if (that == nullptr) {
    marks_.set(mark::stale_answer_refused);
    return;
  }
  end_hook(*that);
  rests(*that, now_);
  marks_.set(e.found == core::health::good ? mark::reset_done : mark::reset_failed);
  if (e.found == core::health::bad) {
    turn(*that, holding::doubtful);
  }
}

void books::on(core::closed const& e) {
  auto* const that = expect(e.slot, holding::closing, given_.given);
  if (that == nullptr) {
    marks_.set(mark::stale_answer_refused);
    return;
  }
  ++totals_.closed;
  end_hook(*that);
  turn(*that, holding::nothing);
}

void books::on(core::tick const&) {}

void books::on(core::drain const&) {
  require(draining_ == (given_.given == core::receipt::refused), "a pool is closed once");
  if (draining_) {
    return;
  }
  draining_ = true;
  for (auto const& [what, seen] : {std::pair{holding::leased, mark::closed_while_lent},
                                   std::pair{holding::opening, mark::closed_while_opening},
                                   std::pair{holding::checking, mark::closed_while_checking},
                                   std::pair{holding::resetting, mark::closed_while_resetting}}) {
    if (count(what) > 0) {
      marks_.set(seen);
    }
  }
}

void books::settle(core::machine const& machine) {
  require(count(holding::doubtful) == 0,
          "what failed, was given up or came to a closed pool is checked or closed at once");
  totals_agree(machine);
  if (std::holds_alternative<core::tick>(*event_)) {
    require(machine.next_deadline() > now_, "a tick leaves nothing due: a driver would spin");
  }
  if (draining_) {
    require(waiting_ == 0, "nobody waits for a closed pool");
    require(drained_ == (count(holding::nothing) == slots_.size()),
            "a closed pool is drained exactly when its last slot is vacant");
    return;
  }
  require(waiting_ == 0 || count(holding::idle) == 0, "nobody waits while a resource is idle");
  require(waiting_ <= options_.max_waiters, "the queue is bounded");
  if (given_.given == core::receipt::accepted) {
    opens_are_owed(machine);
  }
  if (waiting_ > 0 && count(holding::nothing) == 0) {
    marks_.set(mark::every_slot_taken);
  }
}

/// Whatever is wanted and may be opened is being opened; where only the backoff is in the way, the
/// machine must want to be woken when it ends.
void books::opens_are_owed(core::machine const& machine) {
  auto const opening = count(holding::opening);
  auto const coming = count(holding::idle) + opening + count(holding::checking) +
                      count(holding::resetting) - stuck_coming_;
  if (waiting_ + options_.min_idle <= coming || count(holding::nothing) == 0) {
    return;
  }
  if (failures_at_most_ == 0) {
    require(opening >= options_.open_concurrency, "what is missing and may be opened is opened");
  } else if (opening == 0) {
    require(now_ < opens_surely_by_, "after the backoff, what is missing is opened");
    require(machine.next_deadline() <= opens_surely_by_, "the end of the backoff is a deadline");
  }
}

void books::totals_agree(core::machine const& machine) {
  auto const s = machine.stats();
  auto const& t = totals_;
  require(s.idle == count(holding::idle) && s.leased == count(holding::leased) &&
              s.opening == count(holding::opening) && s.checking == count(holding::checking) &&
              s.resetting == count(holding::resetting) && s.closing == count(holding::closing) &&
              s.stuck == stuck_coming_ + stuck_closing_ && s.waiters == waiting_,
          "the machine's counts are those of the books");
  require(s.opened == t.opened && s.open_failed == t.open_failed && s.closed == t.closed &&
              s.acquired == t.acquired && s.returned == t.returned && s.timed_out == t.timed_out &&
              s.cancelled == t.cancelled && s.rejected == t.rejected &&
              s.checks_ok == t.checks_ok && s.checks_failed == t.checks_failed &&
              s.detached == t.detached && s.added == t.added,
          "the machine's statistics are those of the books");
}

void books::audit(instant now, core::machine const& machine) {
  if (broken_) {
    return;
  }
  broken_ = core::invariant_checker::first_broken(machine, now);
  auto const next = machine.next_deadline();
  for (auto const& each : waiters_) {
    require(!each.waits || next <= each.deadline, "the machine is woken for every wait's end");
  }
  auto const ticked = event_ != nullptr && std::holds_alternative<core::tick>(*event_);
  for (auto const& each : slots_) {
    auto const runs = each.what == holding::opening || each.what == holding::checking ||
                      each.what == holding::resetting || each.what == holding::closing;
    require(!runs || each.stuck || each.hook_deadline == never || next <= each.hook_deadline,
            "the machine is woken for every hook's deadline");
    if (!ticked || each.what != holding::idle || draining_) {
      continue;
    }
    auto const overdue = [&](std::optional<duration> limit, instant since) {
      return limit &&
             now >= saturating_add(std::max(saturating_add(since, *limit), each.became_idle),
                                   options_.scan_interval);
    };
    require(!overdue(options_.max_lifetime, each.born), "a lifetime is kept within one scan");
    require(options_.min_idle > 0 || !overdue(options_.idle_timeout, each.idle_since),
            "the idle timeout is kept within one scan");
  }
}

} // namespace conecta::sim
