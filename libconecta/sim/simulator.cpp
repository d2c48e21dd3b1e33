#include "sim/simulator.hpp"

#include <algorithm>

namespace conecta::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t remembered_messages = 64;
/// A century; a clock of 64 bits ends after less than three.
constexpr instant last_jump_at{std::chrono::hours{24 * 365 * 100}};
/// More events than any recovery takes: the pool spins.
constexpr std::uint64_t most_events_to_recover = 200'000;

/// Where nobody may wait, only what rests can be lent, and only unchecked.
bool can_serve(world const& in) {
  auto const& pool = in.pool;
  auto const checks_first = in.checks && (pool.check_on_acquire != acquire_check::none ||
                                          pool.after_bad_check == bad_check::makes_older_suspect);
  return pool.max_waiters > 0 || !checks_first;
}

} // namespace

simulator::simulator(settings const& of, std::uint64_t seed)
    : settings_{of},
      world_{draw_world(of, seed)},
      origin_{world_.pool,
              {.check = world_.checks, .reset = world_.resets, .look = world_.looks},
              chance{seed, purpose::machine}.next(),
              world_.start},
      now_{world_.start},
      machine_{origin_.pool, origin_.hooks, origin_.seed, origin_.start},
      books_{origin_.pool, origin_.hooks},
      endpoint_{world_, seed},
      habit_{seed, purpose::callers},
      clock_{seed, purpose::clock},
      callers_(world_.callers.callers + 1),
      caller_at_(world_.pool.max_waiters + 1, 0),
      repeats_(remembered_messages) {
  report_.seed = seed;
}

run_report simulator::run() {
  if (writes_) {
    text_ = header_text(origin_);
  }
  feed(core::tick{});
  for (std::uint32_t who = 0; who < probe(); ++who) {
    next_act(who, a_while());
  }
  live();
  if (!over()) {
    heal();
  }
  if (!over()) {
    close();
  }
  report_.hash = hash_.value();
  report_.simulated = now_ - world_.start;
  report_.marks = books_.marks();
  auto const clock = static_cast<std::size_t>(hook::clock);
  auto const jumps = report_.outcomes[clock];
  report_.outcomes = endpoint_.outcomes();
  report_.outcomes[clock] = jumps;
  if (over()) {
    report_.broken = breach{report_.steps, *books_.broken()};
  }
  return report_;
}

void simulator::live() {
  auto const drain_at =
      world_.callers.drains_amid ? settings_.steps / 2 + habit_.below(settings_.steps / 2 + 1) : 0;
  while (report_.steps < settings_.steps && !over()) {
    if (drain_at != 0 && report_.steps >= drain_at && !books_.draining()) {
      feed(core::drain{});
      armed_ = never; // scans are over: when to wake is decided anew
      arm();
    }
    jump();
    one_step();
    if (books_.drained() && report_.steps > drain_at + 50) {
      return;
    }
  }
}

/// The faults stop: whatever runs ends within a moment, callers give back what they hold and ask
/// for nothing more, but for one that asks whether there is service.
void simulator::heal() {
  healing_ = true;
  auto const& pool = world_.pool;
  moment_ =
      std::max(duration{1}, std::min({pool.open_timeout, pool.check_timeout, pool.reset_timeout,
                                      pool.close_timeout, pool.scan_interval,
                                      pool.max_lifetime.value_or(1s), duration{1s}}) /
                                8);
  endpoint_.heal(moment_);
  for (std::uint32_t index = 0; index < endpoint_.slots(); ++index) {
    if (auto const again = endpoint_.heal_running(index, now_)) {
      heap_.add(again->at, task::hook_answers, index, again->serial);
    }
  }
  for (std::uint32_t who = 0; who < probe(); ++who) {
    if (callers_[who].what == doing::holding) {
      next_act(who, 0ns);
    } else if (callers_[who].what == doing::waiting) { // may have been woken, and take its time
      heap_.add(now_, task::caller_retries, who, callers_[who].serial);
    }
  }
  armed_ = never;
  arm();
  feed(core::resume{});
  next_act(static_cast<std::uint32_t>(probe()), 0ns);
  // Each hook that is in the way of all callers takes a moment; the rest is the promise.
  auto const in_the_way = callers_.size() + pool.min_idle + endpoint_.slots() + 16;
  auto const allowed =
      pool.backoff.limit + pool.open_timeout + moment_ * static_cast<duration::rep>(4 * in_the_way);
  idle_restored_ = books_.ready() >= pool.min_idle;
  carry_on_until(saturating_add(now_, allowed));
  if (books_.draining() || over()) {
    return;
  }
  if (!probe_served_ && can_serve(world_)) {
    books_.complain("when the faults have stopped, service resumes within the backoff's limit and "
                    "an open's timeout");
  } else if (books_.waiting() > 0) {
    books_.complain("when the faults have stopped, every wait ends");
  } else if (!idle_restored_) {
    books_.complain("when the faults have stopped, min_idle comes back");
  }
}

void simulator::close() {
  if (!books_.draining()) {
    feed(core::drain{});
    armed_ = never;
    arm();
  }
  auto const in_the_way = endpoint_.slots() + 4;
  carry_on_until(saturating_add(now_, moment_ * static_cast<duration::rep>(4 * in_the_way)));
  if (!books_.drained() && !over()) {
    books_.complain("a closed pool that has everything back is drained");
  }
  touch_what_is_closed();
}

/// Nothing may come of it.
void simulator::touch_what_is_closed() {
  acquire(static_cast<std::uint32_t>(probe()));
  feed(core::tick{});
  feed(core::reserve{});
  feed(core::drain{});
  for (auto const& each : repeats_) {
    if (!over() && !std::holds_alternative<core::acquire>(each)) {
      feed(each);
    }
  }
  if (!over() && machine_.next_deadline() != never) {
    books_.complain("a drained pool has no deadline");
  }
  if (!over()) {
    books_.audit(now_, machine_);
  }
}

void simulator::jump() {
  if (now_ > last_jump_at) {
    return;
  }
  for (auto const& each : world_.faults) {
    if (each.at == hook::clock && clock_.happens(each.probability)) {
      now_ = saturating_add(now_, each.delay + clock_.up_to(each.jitter));
      ++report_.outcomes[static_cast<std::size_t>(hook::clock)]
                        [static_cast<std::size_t>(outcome::jump)];
      books_.marks().set(mark::clock_jumped);
    }
  }
}

void simulator::one_step() {
  auto const task_at = heap_.earliest();
  auto const timer_first =
      timer_ < task_at || (timer_ == task_at && world_.callers.timer_goes_first);
  auto const next = timer_first ? timer_ : task_at;
  if (next == never && suspended_) { // all who could end it wait for it
    suspended_ = false;
    feed(core::resume{});
    return;
  }
  if (next == never) {
    books_.complain("nothing is ever going to happen again");
    return;
  }
  now_ = std::max(now_, next);
  if (timer_first) {
    armed_ = timer_ = never;
    feed(core::tick{});
  } else {
    handle(heap_.take());
  }
}

void simulator::carry_on_until(instant end) {
  auto const enough = report_.steps + most_events_to_recover;
  while (!over() && std::min(timer_, heap_.earliest()) <= end) {
    one_step();
    if (report_.steps > enough) {
      books_.complain("the pool does not come to rest");
    }
  }
  now_ = std::max(now_, end);
}

void simulator::handle(due const& next) {
  switch (next.what) {
  case task::caller_acts:
    if (callers_[next.who].serial == next.serial) {
      act(next.who);
    }
    break;
  case task::caller_cancels:
    cancel(next.who, next.serial);
    break;
  case task::caller_retries:
    if (callers_[next.who].what == doing::waiting && callers_[next.who].serial == next.serial) {
      feed(core::retry{callers_[next.who].asked});
    }
    break;
  case task::hook_answers:
    answer_hook(next.who, next.serial);
    break;
  case task::repeat_message:
    feed(core::event{repeats_[next.who]});
    break;
  }
}

reply simulator::feed(core::event const& what, std::uint32_t who) {
  core::action_list out;
  auto const given = sim::feed(machine_, now_, what, out);
  keep(what, given, out);
  if (over()) {
    return given;
  }
  if (given.caller) {
    callers_[who].asked = *given.caller;
    if (given.caller->place >= caller_at_.size()) {
      caller_at_.resize(given.caller->place + 1);
    }
    caller_at_[given.caller->place] = who;
  }
  if (books_.ready() >= world_.pool.min_idle) {
    idle_restored_ = true;
  }
  arm();
  for (auto const& action : out) {
    std::visit([this](auto const& a) { carry_out(a); }, action);
  }
  return given;
}

void simulator::keep(core::event const& what, reply const& given, core::action_list const& out) {
  ++report_.steps;
  hash_.add(now_, what, given, out);
  if (writes_) {
    text_ += event_text(now_, what) + "\n";
    for (auto const& line : consequences(given, out)) {
      text_ += "  " + line + "\n";
    }
  }
  books_.enter(now_, what, given, out, machine_);
  auto const all = settings_.inspect == inspection::every_event || report_.steps % 64 == 0;
  if (all && given.given == core::receipt::accepted) {
    books_.audit(now_, machine_);
  }
}

/// One timer, as a driver has it: set only to go off earlier than it would.
void simulator::arm() {
  auto const next = machine_.next_deadline();
  if (next >= armed_) {
    return;
  }
  armed_ = timer_ = next;
  if (!healing_ && world_.callers.timer_is_late > 0 &&
      clock_.happens(world_.callers.timer_is_late)) {
    timer_ = saturating_add(next, clock_.up_to(world_.callers.pace));
    books_.marks().set(mark::timer_was_late);
  }
}

void simulator::begin(hook which, slot_ref slot, instant deadline) {
  auto const started = endpoint_.begin(which, slot, now_, deadline);
  if (started.what == outcome::throws) {
    books_.marks().set(mark::hook_threw);
  }
  if (started.what == outcome::no_memory) {
    books_.marks().set(mark::hook_had_no_memory);
    answer_hook(slot.index, started.serial);
  } else if (started.at != never) {
    heap_.add(started.at, task::hook_answers, slot.index, started.serial);
  }
}

void simulator::answer_hook(std::uint32_t index, std::uint32_t serial) {
  if (auto const answer = endpoint_.answer(index, serial)) {
    feed(*answer);
    repeat_later(*answer);
  }
}

void simulator::carry_out(core::interrupt const& a) {
  if (auto const again = endpoint_.interrupted(a.slot, now_)) {
    heap_.add(again->at, task::hook_answers, a.slot.index, again->serial);
  }
}

/// Messages come twice, late, in any world whose callers are like that.
void simulator::repeat_later(core::event const& what) {
  if (healing_ || !habit_.happens(world_.callers.repeats)) {
    return;
  }
  auto const place = static_cast<std::uint32_t>(next_repeat_++ % repeats_.size());
  repeats_[place] = what;
  heap_.add(saturating_add(now_, a_while()), task::repeat_message, place);
}

} // namespace conecta::sim
