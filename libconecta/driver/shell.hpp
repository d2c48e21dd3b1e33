#pragma once

// The core behind its lock: who waits under which ticket, what is remembered of whom, and what an
// event leads to. shell.cpp has the events, shell_effects.cpp what they lead to, and when the gate
// is open.
//
// Thread safety: all of it. Whatever is told to callers, carrier and observer is gathered under the
// lock and said after it.

#include "base/mutex.hpp"
#include "core/machine.hpp"
#include "driver/chronicle.hpp"
#include "driver/gate.hpp"
#include "driver/history.hpp"

#include <conecta/driver.hpp>
#include <conecta/patience.hpp>

#include <boost/container/small_vector.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace conecta::driver {

class engine::shell {
 public:
  shell(pool_options const& options, hooks_present hooks, carrier& carried_by, callers by);
  shell(pool_options const& options, hooks_present hooks, carrier& carried_by, callers by,
        std::uint64_t seed, instant now);

  /// Through the gate: without the lock, and only while nothing is pending.
  std::optional<slot_ref> take() noexcept { return gate_.take(); }
  bool put(slot_ref slot) noexcept { return gate_.put(slot); }

  acquire_answer acquire(request const& asked, waiter& caller);
  void confirm(slot_ref slot);
  acquire_answer spurn(slot_ref slot, instant deadline, waiter& caller);
  std::optional<slot_ref> retry(ticket mine);
  result<slot_ref> reserve();
  void opened(slot_ref slot);
  void open_failed(slot_ref slot, open_failure failure);
  void tick();
  void drain();
  result<void> resize(std::size_t max_size);
  std::size_t evict_idle();

  /// Any other event.
  template <class Event>
  auto run(Event const& what) {
    pending todo;
    auto const answer = [&] {
      scoped_lock const lock{mutex_};
      auto const now = begin();
      auto const receipt = decide(now, what, todo.actions);
      if (was_accepted(receipt)) {
        note(what, now, todo.news);
      }
      finish(todo, now, std::nullopt);
      return receipt;
    }();
    carry_out(todo);
    return answer;
  }

  error failure(errc code);
  error cancelled_early();
  pool_stats stats();
  std::vector<lease_info> leases();
  pool_durations durations();
  [[nodiscard]] pool_options const& options() const noexcept { return options_; }
  [[nodiscard]] bool tells_here() const noexcept;

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

  /// What an event leads to, gathered under the lock and carried out without it. From the core's
  /// decision on nothing may fail.
  struct pending {
    core::action_list actions;
    boost::container::small_vector<delivery, 4, patient_allocator<delivery>> grants;
    std::vector<rejection, patient_allocator<rejection>> rejections;
    std::vector<std::shared_ptr<waiter>, patient_allocator<std::shared_ptr<waiter>>> to_wake;
    notices news;
    instant wake = never;
    borrower asking; ///< of whoever caused the event
    acquire_answer own = ticket{};
  };

  static bool was_accepted(core::receipt given) { return given == core::receipt::accepted; }
  static bool was_accepted(std::optional<slot_ref> const& given) { return given.has_value(); }

  /// Every event goes to the core by here.
  template <class Event>
  auto decide(instant now, Event const& what, core::action_list& actions) CONECTA_REQUIRES(mutex_) {
    auto const answer = machine_.on(now, what, actions);
    if (history_ != nullptr) {
      history_->happened(now, what, as_answer(answer), actions);
    }
    return answer;
  }

  template <class Call>
  acquire_answer ask(waiter& caller, Call const& call);
  error failure_with(errc code) CONECTA_REQUIRES(mutex_);

  /// The time of the event that comes now; what was handed over to the gate is back.
  instant begin() CONECTA_REQUIRES(mutex_);
  void hand_over(instant now) CONECTA_REQUIRES(mutex_);
  void make_room_for_gate(std::size_t slots) CONECTA_REQUIRES(mutex_);
  template <class Counts>
  Counts as_of_now(Counts counts) const CONECTA_REQUIRES(mutex_);

  // What an accepted event says, before what it leads to.

  template <class Event>
  void note(Event const&, instant, notices&) CONECTA_REQUIRES(mutex_) {}
  void note(core::give_back const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::discard const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::detach const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::opened const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::open_failed const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::checked const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);
  void note(core::closed const& what, instant now, notices& news) CONECTA_REQUIRES(mutex_);

  /// Looks up who is meant while the lock still keeps them in place, and when to wake next. The
  /// caller whose own event this is gets its answer by value; only others are called back.
  void finish(pending& todo, instant now, std::optional<ticket> mine) CONECTA_REQUIRES(mutex_);
  void carry_out(pending& todo);

  /// A call of an observer that this thread is inside of; one may lead to another pool's.
  struct telling {
    shell const* of;
    telling const* outer;
  };
  static inline thread_local telling const* innermost = nullptr;

  struct gathering;
  struct performing;

  carrier& carrier_;
  pool_options const options_;
  mutex mutex_;
  core::machine machine_ CONECTA_GUARDED_BY(mutex_);
  chronicle chronicle_ CONECTA_GUARDED_BY(mutex_);
  std::vector<queued_caller> callers_ CONECTA_GUARDED_BY(mutex_);
  bool const has_gate_;
  gate gate_; ///< take and put without the lock
  std::vector<slot_ref> handed_over_ CONECTA_GUARDED_BY(mutex_);
  std::vector<core::gate_report::slot> came_back_ CONECTA_GUARDED_BY(mutex_);
  std::size_t events_to_wait_ CONECTA_GUARDED_BY(mutex_) = 0; ///< before the gate opens again
  std::size_t patience_ CONECTA_GUARDED_BY(mutex_) = 1;
  bool const may_spurn_;
  bool const records_confirmed_;
  std::size_t room_ CONECTA_GUARDED_BY(mutex_) = slots_of(options_);
  instant armed_ CONECTA_GUARDED_BY(mutex_) = never;
  std::uint64_t cancelled_early_ CONECTA_GUARDED_BY(mutex_) = 0;
  open_failure last_open_ CONECTA_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> observer_errors_{0};
  history* const history_ = history_of_new_pools;
};

} // namespace conecta::driver
