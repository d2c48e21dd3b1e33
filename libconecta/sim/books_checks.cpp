// What must hold when an event is over.

#include "sim/books.hpp"

#include "core/invariants.hpp"

#include <algorithm>

namespace conecta::sim {

void books::settle(core::machine const& machine) {
  require(count(holding::doubtful) == 0,
          "what failed, was given up, did not begin or came to a closed pool is seen to at once");
  require(owed_back_ == 0, "that a reported lease came back is told");
  if (auto const* const retried = std::get_if<core::retry>(event_);
      retried != nullptr && given_.given == core::receipt::accepted && waits(retried->caller)) {
    ++waiters_[retried->caller.place].overtaken;
  }
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
  auto const look_room = hooks_.look ? slots_.size() : 0;
  require(waiting_ <= options_.max_waiters + look_room, "the queue is bounded");
  if (given_.given == core::receipt::accepted) {
    nobody_is_forgotten();
    opens_are_owed(machine);
  }
  if (waiting_ > 0 && count(holding::nothing) == 0) {
    marks_.set(mark::every_slot_taken);
  }
}

bool books::something_may_come_back() const {
  return count(holding::leased) > 0 &&
         std::any_of(slots_.begin(), slots_.end(), [](slot const& each) {
           return each.what == holding::leased && !each.stale && !each.written_off;
         });
}

/// Of what rests, and of those that wait.
void books::nobody_is_forgotten() {
  auto const idle = count(holding::idle);
  auto const strict = options_.fair == fairness::strict;
  auto const checks_first =
      hooks_.check && (options_.check_on_acquire != acquire_check::none ||
                       options_.after_bad_check == bad_check::makes_older_suspect);
  if (strict && !suspended_ && !checks_first) {
    require(waiting_ == 0 || idle == 0, "nobody waits while a resource is idle");
  }
  if (!strict && !suspended_ && !checks_first && idle > 0 && waiting_ > 0) {
    auto const awake = std::any_of(waiters_.begin(), waiters_.end(),
                                   [](waiter const& each) { return each.waits && each.awake; });
    require(awake, "while a resource is idle, one of those who wait is awake");
  }
  require(idle == 0 || occupied() - count(holding::closing) <= options_.max_size,
          "idle ones beyond max_size are closed");
  require(!options_.max_idle || demanding() > 0 || idle == 0 ||
              idle + count(holding::checking) <= *options_.max_idle,
          "idle ones beyond max_idle are closed");
  require(options_.when_down != while_down::fail_fast || failures_at_least_ == 0 || suspended_ ||
              waiting_ == 0 || coming() > 0 || something_may_come_back(),
          "while opens fail and nothing can come, nobody is kept waiting");
}

/// Whatever is wanted and may be opened is being opened; where only the backoff is in the way, the
/// machine must want to be woken when it ends.
void books::opens_are_owed(core::machine const& machine) {
  auto const opening = count(holding::opening);
  if (demanding() + options_.min_idle <= coming() || count(holding::nothing) == 0 ||
      occupied() >= options_.max_size) {
    return;
  }
  if (failures_at_most_ == 0) {
    require(opening >= std::min(at_once_at_least_, options_.open_concurrency),
            "what is missing and may be opened is opened");
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
              s.stuck == stuck_ && s.waiters == waiting_,
          "the machine's counts are those of the books");
  require(s.opened == t.opened && s.open_failed == t.open_failed && s.closed == t.closed &&
              s.acquired == t.acquired && s.returned == t.returned && s.timed_out == t.timed_out &&
              s.cancelled == t.cancelled && s.rejected == t.rejected &&
              s.checks_ok == t.checks_ok && s.checks_failed == t.checks_failed &&
              s.detached == t.detached && s.added == t.added && s.leaked == t.leaked &&
              s.reclaimed == t.reclaimed,
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
  for (auto const& each : slots_) {
    auto const runs = each.what == holding::opening || each.what == holding::checking ||
                      each.what == holding::resetting || each.what == holding::closing;
    require(!runs || each.stuck || each.hook_deadline == never || next <= each.hook_deadline,
            "the machine is woken for every hook's deadline");
    require(draining_ || each.what != holding::leased || each.overdue || !options_.leak_threshold ||
                next <= saturating_add(each.lent_at, *options_.leak_threshold),
            "the machine is woken for every lease that is held too long");
    if (!ticked_ || each.what != holding::idle || draining_) {
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
