// The events' third of the books; books_actions.cpp has the actions', books_checks.cpp what must
// hold when an event is over.

#include "sim/books.hpp"

#include <algorithm>
#include <utility>

namespace conecta::sim {

books::books(pool_options const& options, core::hooks_present hooks)
    : options_{options},
      hooks_{hooks},
      slots_(slots_of(options)),
      waiters_(options.max_waiters + 1) {
  counts_[static_cast<std::size_t>(holding::nothing)] = slots_.size();
}

void books::enter(instant now, core::event const& what, reply const& given,
                  core::action_list const& actions, core::machine const& machine) {
  now_ = now;
  event_ = &what;
  ++events_;
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
  event_ = nullptr;
  ticked_ = std::holds_alternative<core::tick>(what);
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
  if (that.what != holding::closing) {
    unawaited_ -= that.stuck || that.stale ? 1U : 0U;
  }
  stuck_ -= that.stuck ? 1U : 0U;
  that.stuck = false;
}

bool books::outlived(slot const& that, instant now) const {
  return options_.max_lifetime && now >= saturating_add(that.born, *options_.max_lifetime);
}

/// What a closing pool gets back is closed.
void books::rests(slot& that, instant now) {
  that.idle_since = now;
  that.became_idle = now;
  turn(that, draining_ || that.stale ? holding::doubtful : holding::idle);
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

/// The one that this event brings, by the ticket that the machine gave it.
books::waiter* books::new_caller(instant deadline) {
  auto const caller = given_.caller.value_or(ticket{});
  if (caller.place >= waiters_.size() && caller.place <= options_.max_waiters + slots_.size()) {
    waiters_.resize(caller.place + 1);
  }
  if (caller.place >= waiters_.size() || waiters_[caller.place].waits ||
      caller.generation <= waiters_[caller.place].generation) {
    complain("a caller gets a ticket of its own");
    return nullptr;
  }
  waiters_[caller.place] = {true, caller.generation, deadline, false, 0};
  ++waiting_;
  return &waiters_[caller.place];
}

void books::on(core::acquire const& e) {
  if (new_caller(e.deadline) != nullptr) {
    queue_.push_back(*given_.caller);
  }
}

void books::on(core::cancel const& e) {
  auto const is_so = waits(e.caller);
  require(is_so == (given_.given == core::receipt::accepted),
          "a cancel is accepted exactly while its caller waits");
  if (!is_so) {
    marks_.set(mark::stale_cancel_refused);
  }
}

void books::on(core::retry const& e) {
  auto const is_so = waits(e.caller) && waiters_[e.caller.place].awake;
  require(is_so == (given_.given == core::receipt::accepted),
          "who was woken, and only who was, may try again");
  if (is_so) {
    waiters_[e.caller.place].awake = false;
    if (waiters_[e.caller.place].deadline > now_ && count(holding::idle) == 0) {
      marks_.set(mark::woken_in_vain);
    }
  }
}

void books::on(core::spurn const& e) {
  auto* const that = expect(e.slot, holding::leased, given_.given);
  if (that == nullptr || new_caller(e.deadline) == nullptr) {
    return;
  }
  queue_.push_front(*given_.caller);
  --totals_.acquired;
  end_watch(*that);
  if (that->uses == 1 && !that->brought && !draining_ && !that->stale &&
      now_ <= saturating_add(that->idle_since, options_.backoff.initial)) {
    open_was_worth_nothing();
  }
  turn(*that, holding::doubtful);
  marks_.set(mark::spurned);
  if (e.deadline > now_ && waiting_ > 1) {
    marks_.set(mark::spurned_waits_in_front);
  }
}

/// A lease ends: if it was reported, that is told.
void books::end_watch(slot& that) { owed_back_ += that.overdue ? 1U : 0U; }

void books::on(core::give_back const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.returned;
    end_watch(*that);
    that->failed_checks = 0;
    if (that->stale) {
      marks_.set(mark::stale_lease_closed);
    }
    rests(*that, now_);
    if (outlived(*that, now_) || that->written_off ||
        (options_.max_uses && that->uses >= *options_.max_uses)) {
      turn(*that, holding::doubtful);
    }
  } else {
    marks_.set(mark::stale_return_refused);
  }
}

void books::on(core::discard const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.returned;
    end_watch(*that);
    turn(*that, holding::doubtful);
  } else {
    marks_.set(mark::stale_return_refused);
  }
}

void books::on(core::detach const& e) {
  if (auto* const that = expect(e.slot, holding::leased, given_.given)) {
    ++totals_.detached;
    end_watch(*that);
    written_off_ -= that->written_off ? 1U : 0U;
    turn(*that, holding::nothing);
    marks_.set(mark::detached);
  }
}

void books::on(core::reserve const&) {
  auto const room = !draining_ && occupied() < options_.max_size && count(holding::nothing) > 0;
  require(room == given_.slot.has_value(),
          "who brings a resource gets a slot exactly if one is free");
  if (!given_.slot) {
    marks_.set(mark::add_found_no_room);
    return;
  }
  if (auto* const that = name(*given_.slot)) {
    require(that->what == holding::nothing, "a resource is brought to a free slot");
    *that = {.what = that->what, .added = true, .generation = that->generation};
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
    forgiven_at_least_ = std::exchange(failures_at_least_, 0U);
    forgiven_at_most_ = std::exchange(failures_at_most_, 0U);
    at_once_at_least_ = std::min(at_once_at_least_ + 1, any_number);
    at_once_at_most_ = std::min(at_once_at_most_ + 1, any_number);
    opens_not_before_ = opens_surely_by_ = instant::min();
  }
  end_hook(*that);
  that->brought = std::exchange(that->added, false);
  that->born = that->proven_at = now_;
  that->proven_by = events_;
  that->failed_checks = 0;
  if (that->stale) {
    marks_.set(mark::stale_open_closed);
  }
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
    if (!that->stale) { // it was asked to stop
      open_has_failed();
    }
  }
  that->added = false;
  turn(*that, holding::nothing);
}

/// It looked dead within the first pause.
void books::open_was_worth_nothing() {
  marks_.set(mark::dead_when_opened);
  if (failures_at_most_ == 0) {
    failures_at_least_ = std::exchange(forgiven_at_least_, 0U);
    failures_at_most_ = std::exchange(forgiven_at_most_, 0U);
  }
  open_has_failed();
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
  at_once_at_least_ = 1;
  opens_surely_by_ = std::max(opens_surely_by_, saturating_add(now_, longest(failures_at_most_)));
  if (surely) {
    ++failures_at_least_;
    at_once_at_most_ = 1;
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
  totals_.checks_ok += good ? 1U : 0U;
  auto const bad = e.found == core::health::bad;
  totals_.checks_failed += bad && !draining_ ? 1U : 0U;
  that->failed_checks = good ? 0 : that->failed_checks + (bad ? 1 : 0);
  that->became_idle = now_;
  turn(*that, good && !draining_ && !that->stale ? holding::idle : holding::doubtful);
  if (good && !that->stale) {
    that->proven_at = now_;
    that->proven_by = events_;
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
  if (e.found != core::health::good) {
    turn(*that, holding::doubtful);
  } else {
    that->proven_at = now_;
    that->proven_by = events_;
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

} // namespace conecta::sim
