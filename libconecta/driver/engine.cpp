#include <conecta/driver.hpp>

#include "base/assert.hpp"
#include "base/mutex.hpp"
#include "core/machine.hpp"

#include <algorithm>
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

/// The machine, its lock, and who waits under which ticket.
class engine::shell {
 public:
  shell(pool_options const& options, hooks_present hooks, carrier& carried_by)
      : carrier_{carried_by},
        options_{accepted(options)},
        machine_{options_,
                 {.check = hooks.check, .reset = hooks.reset},
                 fresh_seed(),
                 current_instant()},
        callers_(options_.max_waiters + 1, nullptr) {}

  acquire_answer acquire(instant deadline, waiter& caller) {
    pending todo;
    auto answer = [&]() -> acquire_answer {
      scoped_lock const lock{mutex_};
      auto const mine = machine_.on(current_instant(), core::acquire{deadline}, todo.actions);
      callers_[mine.place] = &caller;
      auto found = take_own_answer(mine, todo);
      finish(todo);
      return found;
    }();
    carry_out(todo);
    return answer;
  }

  template <class Event>
  auto run(Event const& what) {
    pending todo;
    auto const answer = [&] {
      scoped_lock const lock{mutex_};
      auto const receipt = machine_.on(current_instant(), what, todo.actions);
      finish(todo);
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

  error failure(errc code) {
    scoped_lock const lock{mutex_};
    return failure_with(code);
  }

  pool_stats stats() {
    scoped_lock const lock{mutex_};
    return machine_.stats();
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

  /// What an event leads to, gathered under the lock and carried out without it.
  struct pending {
    core::action_list actions;
    boost::container::small_vector<delivery, 4> grants;
    std::vector<rejection> rejections;
    instant wake = never;
  };

  error failure_with(errc code) CONECTA_REQUIRES(mutex_) {
    return {code, machine_.counts(), last_open_.code, last_open_.detail};
  }

  waiter* take_caller(ticket which) CONECTA_REQUIRES(mutex_) {
    return std::exchange(callers_[which.place], nullptr);
  }

  /// The caller of acquire gets its own answer by value; only others are called back.
  acquire_answer take_own_answer(ticket mine, pending& todo) CONECTA_REQUIRES(mutex_) {
    for (auto const& action : todo.actions) {
      if (auto const* granted = std::get_if<core::grant>(&action);
          granted != nullptr && granted->caller == mine) {
        take_caller(mine);
        return granted->slot;
      }
      if (auto const* refused = std::get_if<core::reject>(&action);
          refused != nullptr && refused->caller == mine) {
        take_caller(mine);
        return failure_with(code_of(refused->reason));
      }
    }
    return mine;
  }

  /// Looks up who is meant while the lock still keeps them in place, and when to wake next.
  void finish(pending& todo) CONECTA_REQUIRES(mutex_) {
    for (auto const& action : todo.actions) {
      if (auto const* granted = std::get_if<core::grant>(&action)) {
        if (auto* const caller = take_caller(granted->caller)) {
          todo.grants.push_back({caller, granted->slot});
        }
      } else if (auto const* refused = std::get_if<core::reject>(&action)) {
        if (auto* const caller = take_caller(refused->caller)) {
          todo.rejections.push_back({caller, failure_with(code_of(refused->reason))});
        }
      }
    }
    if (auto const next = machine_.next_deadline(); next < armed_) {
      armed_ = next;
      todo.wake = next;
    }
  }

  void carry_out(pending& todo) {
    for (auto const& each : todo.grants) {
      each.caller->granted(each.slot);
    }
    for (auto& each : todo.rejections) {
      each.caller->rejected(std::move(each.why));
    }
    for (auto const& action : todo.actions) {
      std::visit([this](auto const& what) { perform(what); }, action);
    }
    if (todo.wake != never) {
      carrier_.wake_at(todo.wake);
    }
  }

  void perform(core::open const& what) { carrier_.open(what.slot, what.deadline); }
  void perform(core::check const& what) {
    carrier_.check(what.slot, what.failures_so_far, what.deadline);
  }
  void perform(core::reset const& what) { carrier_.reset(what.slot, what.deadline); }
  void perform(core::close const& what) { carrier_.close(what.slot, what.deadline); }
  void perform(core::interrupt const& what) { carrier_.interrupt(what.slot); }
  void perform(core::grant const&) {}
  void perform(core::wake const&) {}
  void perform(core::overdue const&) {}
  void perform(core::reclaimed const&) {}
  void perform(core::came_back const&) {}
  void perform(core::reject const&) {}
  void perform(core::drained const&) { carrier_.drained(); }

  carrier& carrier_;
  pool_options const options_;
  mutex mutex_;
  core::machine machine_ CONECTA_GUARDED_BY(mutex_);
  std::vector<waiter*> callers_ CONECTA_GUARDED_BY(mutex_);
  instant armed_ CONECTA_GUARDED_BY(mutex_) = never;
  open_failure last_open_ CONECTA_GUARDED_BY(mutex_);
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

instant engine::deadline_of(acquire_options const& options) const {
  if (options.deadline) {
    CONECTA_ASSERT(!options.timeout, "acquire_options: timeout and deadline are both set");
    return *options.deadline;
  }
  auto const timeout = options.timeout.value_or(shell_->options().acquire_timeout);
  return timeout <= duration::zero() ? instant::min() : saturating_add(current_instant(), timeout);
}

acquire_answer engine::acquire(instant deadline, waiter& caller) {
  return shell_->acquire(deadline, caller);
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
pool_stats engine::stats() const { return shell_->stats(); }
pool_options const& engine::options() const noexcept { return shell_->options(); }
error engine::failure(errc code) const { return shell_->failure(code); }

} // namespace conecta::driver
