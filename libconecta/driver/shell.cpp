#include "driver/shell.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <type_traits>
#include <utility>

namespace conecta::driver {

namespace {

pool_options accepted(pool_options const& options) {
  if (auto violations = violations_of(options); !violations.empty()) {
    throw invalid_options{std::move(violations)};
  }
  return options;
}

core::hooks_present of_core(hooks_present hooks) {
  return {.check = hooks.check, .reset = hooks.reset, .look = hooks.look};
}

instant current_instant() { return std::chrono::steady_clock::now(); }

/// Where somebody wants to know of each lease, each has to pass here.
bool leaves_to_a_gate(pool_options const& options, hooks_present hooks) {
  return options.borrowers == recording::off && options.durations == recording::off &&
         !options.observer &&
         core::machine::may_ever_hand_over(options, {hooks.check, hooks.reset, hooks.look});
}

constexpr unsigned looks_before_sleep = 30; ///< about a microsecond

std::uint64_t fresh_seed() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32U) | entropy();
}

} // namespace

engine::shell::shell(pool_options const& options, hooks_present hooks, carrier& carried_by,
                     callers by)
    : shell{options, hooks, carried_by, by, fresh_seed(), current_instant()} {}

engine::shell::shell(pool_options const& options, hooks_present hooks, carrier& carried_by,
                     callers by, std::uint64_t seed, instant now)
    : carrier_{carried_by},
      options_{accepted(options)},
      mutex_{by == callers::event_loops ? looks_before_sleep : 0},
      machine_{options_, of_core(hooks), seed, now},
      chronicle_{options_, slots_of(options_),
                 hooks.look ? chronicle::leases_are::spurned : chronicle::leases_are::final},
      callers_(options_.max_waiters + 1 + (hooks.look ? slots_of(options_) : 0)),
      has_gate_{leaves_to_a_gate(options_, hooks)},
      gate_{has_gate_ ? slots_of(options_) : 0},
      may_spurn_{hooks.look},
      records_confirmed_{may_spurn_ && (options_.observer || options_.durations == recording::on)} {
  scoped_lock const lock{mutex_};
  make_room_for_gate(slots_of(options_));
  if (history_ != nullptr) {
    history_->begins(options_, of_core(hooks), seed, now);
  }
}

template <class Call>
acquire_answer engine::shell::ask(waiter& caller, Call const& call) {
  pending todo;
  {
    scoped_lock const lock{mutex_};
    auto const now = begin();
    auto const mine = call(now, todo);
    todo.own = mine;
    callers_[mine.place] = {&caller, todo.asking};
    finish(todo, now, mine);
  }
  carry_out(todo);
  return std::move(todo.own);
}

/// While the gate is open, the machine's counts are those of when it was opened.
template <class Counts>
Counts engine::shell::as_of_now(Counts counts) const {
  if (machine_.is_handed_over()) {
    auto const since = gate_.now();
    counts.idle = counts.idle + counts.leased - since.leased;
    counts.leased = since.leased;
    if constexpr (std::is_same_v<Counts, pool_stats>) {
      counts.acquired += since.taken;
      counts.returned += since.put;
      counts.peak_leased = std::max(counts.peak_leased, gate_.peak_leased());
    }
  }
  return counts;
}

/// So that neither opening nor closing the gate ever allocates. REQUIRES: it is closed.
void engine::shell::make_room_for_gate(std::size_t slots) {
  if (has_gate_) {
    handed_over_.reserve(slots);
    came_back_.reserve(slots);
    gate_.make_room(slots);
  }
}

acquire_answer engine::shell::acquire(request const& asked, waiter& caller) {
  return ask(caller, [&](instant now, pending& todo) CONECTA_REQUIRES(mutex_) {
    todo.asking = {asked.where, asked.tag, now};
    return decide(now, core::acquire{asked.deadline}, todo.actions);
  });
}

void engine::shell::confirm(slot_ref slot) {
  if (!records_confirmed_) {
    return;
  }
  pending todo;
  {
    scoped_lock const lock{mutex_};
    chronicle_.confirmed(slot.index, todo.news);
  }
  carry_out(todo);
}

acquire_answer engine::shell::spurn(slot_ref slot, instant deadline, waiter& caller) {
  return ask(caller, [&](instant now, pending& todo) CONECTA_REQUIRES(mutex_) {
    todo.asking = chronicle_.spurned(slot.index);
    auto const fresh = decide(now, core::spurn{slot, deadline}, todo.actions);
    CONECTA_ASSERT(fresh.has_value(), "engine::spurn: not a lease");
    if (machine_.opens_fail() && !last_open_.code) {
      last_open_ = {errc::open_failed, copy_if_possible("what was opened does not look alive")};
    }
    return *fresh;
  });
}

std::optional<slot_ref> engine::shell::retry(ticket mine) {
  pending todo;
  {
    scoped_lock const lock{mutex_};
    auto const now = begin();
    decide(now, core::retry{mine}, todo.actions);
    finish(todo, now, mine);
  }
  carry_out(todo);
  auto* const granted = std::get_if<slot_ref>(&todo.own);
  return granted != nullptr ? std::optional{*granted} : std::nullopt;
}

result<slot_ref> engine::shell::reserve() {
  auto const slot = run(core::reserve{});
  scoped_lock const lock{mutex_};
  if (slot) {
    chronicle_.brought(slot->index);
    return *slot;
  }
  return failure_with(machine_.accepts_callers() ? errc::exhausted : errc::closed);
}

void engine::shell::opened(slot_ref slot) {
  {
    scoped_lock const lock{mutex_};
    if (!chronicle_.was_brought(slot.index)) {
      last_open_ = {};
    }
  }
  run(core::opened{slot});
}

void engine::shell::open_failed(slot_ref slot, open_failure failure) {
  {
    scoped_lock const lock{mutex_};
    if (!chronicle_.was_brought(slot.index)) {
      last_open_ = std::move(failure);
    }
  }
  run(core::open_failed{slot});
}

void engine::shell::tick() {
  {
    scoped_lock const lock{mutex_};
    armed_ = never;
  }
  run(core::tick{});
}

/// Scans are over: when to wake is decided anew.
void engine::shell::drain() {
  {
    scoped_lock const lock{mutex_};
    armed_ = never;
  }
  run(core::drain{});
}

result<void> engine::shell::resize(std::size_t max_size) {
  {
    scoped_lock const lock{mutex_};
    auto const& now = machine_.options();
    if (max_size < std::max<std::size_t>(1, now.min_idle) || max_size > most_slots) {
      auto refused = failure_with(errc::closed);
      refused.code = make_error_code(boost::system::errc::invalid_argument);
      refused.detail = "max_size is " + std::to_string(max_size) + ", allowed is " +
                       std::to_string(std::max<std::size_t>(1, now.min_idle)) + " (min_idle) to " +
                       std::to_string(most_slots);
      return refused;
    }
    auto wanted = now;
    wanted.max_size = max_size;
    auto const slots = slots_of(wanted);
    if (slots > room_) {
      begin();
      carrier_.make_room(slots);
      chronicle_.make_room(slots);
      make_room_for_gate(slots);
      callers_.resize(options_.max_waiters + 1 + (may_spurn_ ? slots : 0));
      room_ = slots;
    }
  }
  if (run(core::resize{max_size}) == core::receipt::refused) {
    return failure(errc::closed);
  }
  return {};
}

std::size_t engine::shell::evict_idle() {
  pending todo;
  {
    scoped_lock const lock{mutex_};
    auto const now = begin();
    decide(now, core::evict_idle{}, todo.actions);
    finish(todo, now, std::nullopt);
  }
  carry_out(todo);
  return static_cast<std::size_t>(
      std::count_if(todo.actions.begin(), todo.actions.end(), [](core::action const& what) {
        return std::holds_alternative<core::close>(what);
      }));
}

error engine::shell::failure(errc code) {
  scoped_lock const lock{mutex_};
  return failure_with(code);
}

error engine::shell::cancelled_early() {
  scoped_lock const lock{mutex_};
  ++cancelled_early_;
  return failure_with(errc::cancelled);
}

pool_stats engine::shell::stats() {
  scoped_lock const lock{mutex_};
  auto snapshot = as_of_now(machine_.stats());
  snapshot.cancelled += cancelled_early_;
  snapshot.observer_errors = observer_errors_.load(std::memory_order_relaxed);
  return snapshot;
}

std::vector<lease_info> engine::shell::leases() {
  scoped_lock const lock{mutex_};
  return chronicle_.leases();
}

pool_durations engine::shell::durations() {
  scoped_lock const lock{mutex_};
  return chronicle_.durations();
}

error engine::shell::failure_with(errc code) {
  return {code, as_of_now(machine_.counts()), last_open_.code, copy_if_possible(last_open_.detail)};
}

} // namespace conecta::driver
