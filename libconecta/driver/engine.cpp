#include <conecta/driver.hpp>

#include "base/assert.hpp"
#include "base/mutex.hpp"
#include "core/machine.hpp"
#include "driver/chronicle.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

namespace conecta::driver {

namespace {

pool_options accepted(pool_options const& options) {
  if (auto violations = violations_of(options); !violations.empty()) {
    throw invalid_options{std::move(violations)};
  }
  return options;
}

instant current_instant() { return std::chrono::steady_clock::now(); }

std::uint64_t fresh_seed() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32U) | entropy();
}

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

core::health health_of(engine::health found) {
  return found == engine::health::good ? core::health::good : core::health::bad;
}

} // namespace

/// The machine, its lock, who waits under which ticket, and what is remembered of whom.
class engine::shell {
 public:
  shell(pool_options const& options, hooks_present hooks, carrier& carried_by)
      : carrier_{carried_by},
        options_{accepted(options)},
        machine_{options_,
                 {.check = hooks.check, .reset = hooks.reset, .look = hooks.look},
                 fresh_seed(),
                 current_instant()},
        chronicle_{options_, slots_of(options_)},
        callers_(options_.max_waiters + 1 + (hooks.look ? slots_of(options_) : 0)),
        may_spurn_{hooks.look} {}

  acquire_answer acquire(request const& asked, waiter& caller) {
    return ask(caller, [&](instant now, pending& todo) CONECTA_REQUIRES(mutex_) {
      todo.asking = {asked.where, asked.tag, now};
      return machine_.on(now, core::acquire{asked.deadline}, todo.actions);
    });
  }

  acquire_answer spurn(slot_ref slot, instant deadline, waiter& caller) {
    return ask(caller, [&](instant now, pending& todo) CONECTA_REQUIRES(mutex_) {
      todo.asking = chronicle_.spurned(slot.index);
      auto const fresh = machine_.on(now, core::spurn{slot, deadline}, todo.actions);
      CONECTA_ASSERT(fresh.has_value(), "engine::spurn: not a lease");
      return *fresh;
    });
  }

  std::optional<slot_ref> retry(ticket mine) {
    pending todo;
    {
      scoped_lock const lock{mutex_};
      auto const now = current_instant();
      machine_.on(now, core::retry{mine}, todo.actions);
      finish(todo, now, mine);
    }
    carry_out(todo);
    auto* const granted = std::get_if<slot_ref>(&todo.own);
    return granted != nullptr ? std::optional{*granted} : std::nullopt;
  }

  template <class Event>
  auto run(Event const& what) {
    pending todo;
    auto const answer = [&] {
      scoped_lock const lock{mutex_};
      auto const now = current_instant();
      auto const receipt = machine_.on(now, what, todo.actions);
      if (was_accepted(receipt)) {
        note(what, now, todo.news);
      }
      finish(todo, now, std::nullopt);
      return receipt;
    }();
    carry_out(todo);
    return answer;
  }

  void opened(slot_ref slot) {
    {
      scoped_lock const lock{mutex_};
      last_open_ = {};
    }
    run(core::opened{slot});
  }

  void open_failed(slot_ref slot, open_failure failure) {
    {
      scoped_lock const lock{mutex_};
      last_open_ = std::move(failure);
    }
    run(core::open_failed{slot});
  }

  void tick() {
    {
      scoped_lock const lock{mutex_};
      armed_ = never;
    }
    run(core::tick{});
  }

  /// Scans are over: when to wake is decided anew.
  void drain() {
    {
      scoped_lock const lock{mutex_};
      armed_ = never;
    }
    run(core::drain{});
  }

  result<slot_ref> reserve() {
    if (auto const slot = run(core::reserve{})) {
      return *slot;
    }
    scoped_lock const lock{mutex_};
    return failure_with(machine_.accepts_callers() ? errc::exhausted : errc::closed);
  }

  result<void> resize(std::size_t max_size) {
    {
      scoped_lock const lock{mutex_};
      auto const& now = machine_.options();
      if (max_size < std::max<std::size_t>(1, now.min_idle) || max_size > most_slots) {
        auto refused = failure_with(errc::closed);
        refused.code = make_error_code(boost::system::errc::invalid_argument);
        refused.detail = "max_size is " + std::to_string(max_size) + ", allowed is " +
                         std::to_string(std::max<std::size_t>(1, now.min_idle)) +
                         " (min_idle) to " + std::to_string(most_slots);
        return refused;
      }
      auto wanted = now;
      wanted.max_size = max_size;
      auto const slots = slots_of(wanted);
      if (slots > room_) {
        carrier_.make_room(slots);
        chronicle_.make_room(slots);
        callers_.resize(options_.max_waiters + 1 + (may_spurn_ ? slots : 0));
        room_ = slots;
      }
    }
    if (run(core::resize{max_size}) == core::receipt::refused) {
      return failure(errc::closed);
    }
    return {};
  }

  std::size_t evict_idle() {
    pending todo;
    {
      scoped_lock const lock{mutex_};
      auto const now = current_instant();
      machine_.on(now, core::evict_idle{}, todo.actions);
      finish(todo, now, std::nullopt);
    }
    carry_out(todo);
    return static_cast<std::size_t>(
        std::count_if(todo.actions.begin(), todo.actions.end(), [](core::action const& what) {
          return std::holds_alternative<core::close>(what);
        }));
  }

  error failure(errc code) {
    scoped_lock const lock{mutex_};
    return failure_with(code);
  }

  pool_stats stats() {
    scoped_lock const lock{mutex_};
    auto snapshot = machine_.stats();
    snapshot.observer_errors = observer_errors_.load(std::memory_order_relaxed);
    return snapshot;
  }

  std::vector<lease_info> leases() {
    scoped_lock const lock{mutex_};
    return chronicle_.leases();
  }

  pool_durations durations() {
    scoped_lock const lock{mutex_};
    return chronicle_.durations();
  }

  [[nodiscard]] pool_options const& options() const noexcept { return options_; }

 private:
  struct rejection {
    waiter* caller;
    error why;
  };
  struct delivery {
    waiter* caller;
    slot_ref slot;
  };
  struct queued_caller {
    waiter* who = nullptr;
    borrower asking = {};
  };

  /// What an event leads to, gathered under the lock and carried out without it.
  struct pending {
    core::action_list actions;
    boost::container::small_vector<delivery, 4> grants;
    std::vector<rejection> rejections;
    std::vector<std::shared_ptr<waiter>> to_wake;
    notices news;
    instant wake = never;
    borrower asking; ///< of whoever caused the event
    acquire_answer own = ticket{};
  };

  static bool was_accepted(core::receipt given) { return given == core::receipt::accepted; }
  static bool was_accepted(std::optional<slot_ref> const& given) { return given.has_value(); }

  template <class Call>
  acquire_answer ask(waiter& caller, Call const& call) {
    pending todo;
    {
      scoped_lock const lock{mutex_};
      auto const now = current_instant();
      auto const mine = call(now, todo);
      todo.own = mine;
      callers_[mine.place] = {&caller, todo.asking};
      finish(todo, now, mine);
    }
    carry_out(todo);
    return std::move(todo.own);
  }

  error failure_with(errc code) CONECTA_REQUIRES(mutex_) {
    return {code, machine_.counts(), last_open_.code, last_open_.detail};
  }

  // What an accepted event says, before what it leads to.

  template <class Event>
  void note(Event const&, instant, notices&) CONECTA_REQUIRES(mutex_) {}
  void note(core::give_back const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.returned(what.slot.index, now, news);
  }
  void note(core::discard const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.returned(what.slot.index, now, news);
  }
  void note(core::detach const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.returned(what.slot.index, now, news);
  }
  void note(core::opened const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.opened(what.slot.index, now, news);
  }
  void note(core::open_failed const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.open_failed(what.slot.index, last_open_, now, news);
  }
  void note(core::checked const& what, instant, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.checked(what.slot.index, what.found == core::health::good, news);
  }
  void note(core::closed const& what, instant, notices& news) CONECTA_REQUIRES(mutex_) {
    chronicle_.closed(what.slot.index, news);
  }

  /// Looks up who is meant while the lock still keeps them in place, and when to wake next. The
  /// caller whose own event this is gets its answer by value; only others are called back.
  void finish(pending& todo, instant now, std::optional<ticket> mine) CONECTA_REQUIRES(mutex_) {
    for (auto const& action : todo.actions) {
      std::visit([&](auto const& what) CONECTA_REQUIRES(mutex_) { prepare(what, todo, now, mine); },
                 action);
    }
    if (auto const next = machine_.next_deadline(); next < armed_) {
      armed_ = next;
      todo.wake = next;
    }
  }

  template <class Action>
  void prepare(Action const&, pending&, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {}
  void prepare(core::open const& what, pending&, instant now, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    chronicle_.open_begins(what.slot.index, now);
  }
  void prepare(core::check const& what, pending&, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    chronicle_.check_begins(what.slot.index, what.failures_so_far);
  }
  void prepare(core::close const& what, pending&, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    chronicle_.close_begins(what.slot.index, what.reason);
  }
  void prepare(core::grant const& what, pending& todo, instant now,
               std::optional<ticket> const& mine) CONECTA_REQUIRES(mutex_) {
    auto const caller = std::exchange(callers_[what.caller.place], {});
    chronicle_.granted(what.slot.index, caller.asking, now, todo.news);
    if (what.caller == mine) {
      todo.own = what.slot;
    } else if (caller.who != nullptr) {
      todo.grants.push_back({caller.who, what.slot});
    }
  }
  void prepare(core::reject const& what, pending& todo, instant now,
               std::optional<ticket> const& mine) CONECTA_REQUIRES(mutex_) {
    auto const caller = std::exchange(callers_[what.caller.place], {});
    auto why = failure_with(code_of(what.reason));
    if (what.caller == mine && std::holds_alternative<ticket>(todo.own) &&
        std::get<ticket>(todo.own) == mine) {
      todo.own = std::move(why);
      return;
    }
    chronicle_.gave_up(caller.asking, why.code, now, todo.news);
    if (caller.who != nullptr) {
      todo.rejections.push_back({caller.who, std::move(why)});
    }
  }
  void prepare(core::wake const& what, pending& todo, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    if (auto* const who = callers_[what.caller.place].who) {
      todo.to_wake.push_back(who->keep());
    }
  }
  void prepare(core::overdue const& what, pending& todo, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    chronicle_.leaked(what.slot.index, todo.news);
  }
  void prepare(core::reclaimed const& what, pending& todo, instant, std::optional<ticket> const&)
      CONECTA_REQUIRES(mutex_) {
    chronicle_.reclaimed(what.slot.index, todo.news);
  }
  void prepare(core::came_back const& what, pending& todo, instant now,
               std::optional<ticket> const&) CONECTA_REQUIRES(mutex_) {
    chronicle_.came_back(what.slot.index, now, todo.news);
  }

  /// The observer first: it hears of each resource's events in their order.
  void carry_out(pending& todo) {
    if (!todo.news.empty()) {
      observer_errors_ += tell(*options_.observer, todo.news);
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
      std::visit([this](auto const& what) { perform(what); }, action);
    }
    if (todo.wake != never) {
      carrier_.wake_at(todo.wake);
    }
  }

  template <class Action>
  void perform(Action const&) {}
  void perform(core::open const& what) { carrier_.open(what.slot, what.deadline); }
  void perform(core::check const& what) {
    carrier_.check(what.slot, what.failures_so_far, what.deadline);
  }
  void perform(core::reset const& what) { carrier_.reset(what.slot, what.deadline); }
  void perform(core::close const& what) { carrier_.close(what.slot, what.deadline); }
  void perform(core::interrupt const& what) { carrier_.interrupt(what.slot); }
  void perform(core::drained const&) { carrier_.drained(); }

  carrier& carrier_;
  pool_options const options_;
  mutex mutex_;
  core::machine machine_ CONECTA_GUARDED_BY(mutex_);
  chronicle chronicle_ CONECTA_GUARDED_BY(mutex_);
  std::vector<queued_caller> callers_ CONECTA_GUARDED_BY(mutex_);
  bool const may_spurn_;
  std::size_t room_ CONECTA_GUARDED_BY(mutex_) = slots_of(options_);
  instant armed_ CONECTA_GUARDED_BY(mutex_) = never;
  open_failure last_open_ CONECTA_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> observer_errors_{0};
};

open_failure current_open_failure() noexcept {
  try {
    throw;
  } catch (boost::system::system_error const& failed) {
    return {failed.code(), failed.what()};
  } catch (std::system_error const& failed) {
    return {failed.code(), failed.what()};
  } catch (std::exception const& failed) {
    return {errc::open_failed, failed.what()};
  } catch (...) {
    return {errc::open_failed, "the open hook threw something that is no exception"};
  }
}

error refused_options(invalid_options const& refused) {
  error failure;
  failure.code = make_error_code(boost::system::errc::invalid_argument);
  failure.detail = refused.what();
  return failure;
}

error refused_thread(std::system_error const& failed) {
  error failure;
  failure.code = failed.code();
  failure.detail = failed.what();
  return failure;
}

engine::engine(pool_options const& options, hooks_present hooks, carrier& carried_by)
    : shell_{std::make_unique<shell>(options, hooks, carried_by)} {}
engine::~engine() = default;

request engine::request_for(acquire_options const& options, std::source_location where) const {
  request asked{.deadline = instant::min(), .where = where, .tag = options.tag};
  if (options.deadline) {
    CONECTA_ASSERT(!options.timeout, "acquire_options: timeout and deadline are both set");
    asked.deadline = *options.deadline;
  } else if (auto const timeout = options.timeout.value_or(shell_->options().acquire_timeout);
             timeout > duration::zero()) {
    asked.deadline = saturating_add(current_instant(), timeout);
  }
  return asked;
}

acquire_answer engine::acquire(request const& asked, waiter& caller) {
  return shell_->acquire(asked, caller);
}
std::optional<slot_ref> engine::retry(ticket caller) { return shell_->retry(caller); }
acquire_answer engine::spurn(slot_ref slot, instant deadline, waiter& caller) {
  return shell_->spurn(slot, deadline, caller);
}
void engine::cancel(ticket caller) { shell_->run(core::cancel{caller}); }
void engine::give_back(slot_ref slot) { shell_->run(core::give_back{slot}); }
void engine::discard(slot_ref slot, close_reason reason) {
  shell_->run(core::discard{slot, reason});
}
void engine::detach(slot_ref slot) { shell_->run(core::detach{slot}); }
result<slot_ref> engine::reserve() { return shell_->reserve(); }
void engine::opened(slot_ref slot) { shell_->opened(slot); }
void engine::open_failed(slot_ref slot, open_failure failure) {
  shell_->open_failed(slot, std::move(failure));
}
void engine::checked(slot_ref slot, health found) {
  shell_->run(core::checked{slot, health_of(found)});
}
void engine::reset_done(slot_ref slot, health found) {
  shell_->run(core::reset_done{slot, health_of(found)});
}
void engine::closed(slot_ref slot) { shell_->run(core::closed{slot}); }
void engine::tick() { shell_->tick(); }
void engine::drain() { shell_->drain(); }
std::vector<lease_info> engine::leases() const { return shell_->leases(); }
pool_durations engine::durations() const { return shell_->durations(); }
result<void> engine::resize(std::size_t max_size) { return shell_->resize(max_size); }
void engine::invalidate() { shell_->run(core::invalidate{}); }
std::size_t engine::evict_idle() { return shell_->evict_idle(); }
void engine::suspend() { shell_->run(core::suspend{}); }
void engine::resume() { shell_->run(core::resume{}); }
pool_stats engine::stats() const { return shell_->stats(); }
pool_options const& engine::options() const noexcept { return shell_->options(); }
error engine::failure(errc code) const { return shell_->failure(code); }

} // namespace conecta::driver
