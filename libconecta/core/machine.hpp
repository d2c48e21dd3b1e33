#pragma once

// The pool as a state machine: events go in with the time, actions come out. It knows slots and
// tickets, never resources; it reads no clock, draws chance only from its own seeded source, and
// does no I/O. The blocking driver, the Asio driver, the simulator, the property tests and the
// fuzzers run this object.
//
//   machine.cpp          what happened: callers, leases, answers of hooks
//   machine_control.cpp  what the pool's owner wants: resize, invalidate, suspend, close ...
//   machine_time.cpp     what is due: deadlines, scans, leaks
//   machine_service.cpp  who gets what, and settle(), which ends each of these
//   machine_steps.cpp    what holds, and the steps that slots go through
//
// Thread safety: none; a driver holds its lock around every call. Copyable, but for a user's own
// idle_store: a copy goes on alone.
// Memory: taken by the constructor and by resize; max_size slots (twice as many with
// reclaim_after) and max_waiters places.
// Invariants: core/invariants.hpp, asserted after every event in checking builds.

#include "base/random.hpp"
#include "core/backoff.hpp"
#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"
#include "core/message.hpp"
#include "core/sizing.hpp"
#include "core/slot_state.hpp"
#include "core/waiter_queue.hpp"

#include <conecta/options.hpp>
#include <conecta/stats.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta::core {

/// Which optional hooks the endpoint has. Without one, its action is never asked for.
struct hooks_present {
  bool check = false;
  bool reset = false;
  bool look = false; ///< whether `spurn` may happen
};

/// What came of the slots that were handed over.
struct gate_report {
  struct slot {
    std::uint32_t index;
    bool used; ///< lent and returned in between
    friend bool operator==(slot const&, slot const&) = default;
  };
  std::vector<slot> const& idle; ///< the one used last first; all others are leased
  std::uint64_t lent = 0;
  std::uint64_t returned = 0;
  std::size_t peak_leased = 0;
};

class machine {
 public:
  /// REQUIRES: violations_of(options) is empty.
  machine(pool_options const& options, hooks_present hooks, std::uint64_t seed, instant now);

  /// Answered at once by a grant or reject in `out`, or queued: then exactly one of them follows.
  ticket on(instant now, acquire const& request, action_list& out);
  /// Answered like acquire, under a new ticket; none for a stale slot.
  std::optional<ticket> on(instant now, spurn const& found, action_list& out);
  /// The slot to bring the resource to; none if the pool is full or closed.
  std::optional<slot_ref> on(instant now, reserve const& request, action_list& out);

  receipt on(instant now, cancel const& request, action_list& out);
  receipt on(instant now, retry const& request, action_list& out);
  receipt on(instant now, give_back const& ended, action_list& out);
  receipt on(instant now, discard const& ended, action_list& out);
  receipt on(instant now, detach const& ended, action_list& out);
  receipt on(instant now, opened const& answer, action_list& out);
  receipt on(instant now, open_failed const& answer, action_list& out);
  receipt on(instant now, checked const& answer, action_list& out);
  receipt on(instant now, reset_done const& answer, action_list& out);
  receipt on(instant now, closed const& answer, action_list& out);
  receipt on(instant now, tick const& passed, action_list& out);
  receipt on(instant now, drain const& request, action_list& out);
  /// May throw std::bad_alloc, and has then changed nothing.
  receipt on(instant now, resize const& request, action_list& out);
  receipt on(instant now, invalidate const& request, action_list& out);
  receipt on(instant now, evict_idle const& request, action_list& out);
  receipt on(instant now, suspend const& request, action_list& out);
  receipt on(instant now, resume const& request, action_list& out);

  // While nothing is pending, somebody else may lend and take back what is idle and leased, last
  // in, first out. Between hand_over and take_back there are no events.

  /// Whether these options leave that to somebody else at all.
  [[nodiscard]] static bool may_ever_hand_over(pool_options const& options,
                                               hooks_present hooks) noexcept;
  /// Whether hand_over might succeed now: cheap, to be asked often.
  [[nodiscard]] bool may_hand_over() const noexcept;
  /// Appends the idle ones to `idle`, the one used last at the end, and returns how many are
  /// leased; none, and nothing was handed over, if something is pending after all. REQUIRES:
  /// may_hand_over.
  std::optional<std::size_t> hand_over(instant now, std::vector<slot_ref>& idle);
  /// REQUIRES: handed over.
  void take_back(instant now, gate_report const& since);
  [[nodiscard]] bool is_handed_over() const noexcept { return handed_over_; }

  /// When the next tick is due; `never` if only events can change anything.
  [[nodiscard]] instant next_deadline() const noexcept;

  [[nodiscard]] pool_stats stats() const noexcept;
  [[nodiscard]] pool_counts counts() const noexcept;
  /// As they were given, but for max_size after a resize.
  [[nodiscard]] pool_options const& options() const noexcept { return options_; }
  [[nodiscard]] bool accepts_callers() const noexcept { return phase_ == phase::open; }
  /// Whether the latest open failed.
  [[nodiscard]] bool opens_fail() const noexcept { return backoff_.failures() > 0; }

  /// What the machine would do next, without counters and generations: two machines with equal
  /// texts behave alike from `now` on. For exploring small worlds.
  [[nodiscard]] std::string canonical(instant now) const;

 private:
  friend class invariant_checker;

  enum class phase : std::uint8_t { open, draining, drained };

  struct slot_record {
    slot_state state = slot_state::vacant;
    close_reason reason = close_reason::shutdown;
    bool stuck : 1 = false;       ///< its hook has outlived its deadline
    bool added : 1 = false;       ///< opening: somebody brings a resource
    bool stale : 1 = false;       ///< from before the latest invalidate
    bool on_demand : 1 = false;   ///< checking: begun for a caller
    bool ageing : 1 = false;      ///< its replacement was asked for
    bool overdue : 1 = false;     ///< leased: reported
    bool written_off : 1 = false; ///< leased, closing: its place may be taken
    bool untried : 1 = false;     ///< opened by the pool, and not lent before
    std::uint16_t failed_checks = 0;
    std::uint32_t generation = 0;
    std::uint32_t uses = 0;
    instant idle_since{};
    instant proven_at{}; ///< opened, or passed its latest check
    instant expires = never;
    instant replace_at = never;
  };
  static_assert(sizeof(slot_record) <= 48, "a pool may have millions of them");

  // What holds now.
  [[nodiscard]] std::size_t count(slot_state state) const noexcept {
    return counts_[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] std::size_t coming() const noexcept;
  [[nodiscard]] std::size_t occupied() const noexcept;
  [[nodiscard]] demand wanted(std::size_t callers) const noexcept;
  [[nodiscard]] std::size_t demanding() const noexcept { return suspended_ ? 0 : waiters_.size(); }
  [[nodiscard]] bool nothing_is_left() const noexcept;
  [[nodiscard]] bool lends() const noexcept { return phase_ == phase::open && !suspended_; }
  [[nodiscard]] slot_ref ref(std::uint32_t index) const {
    return {index, slots_[index].generation};
  }
  [[nodiscard]] bool is_expired(slot_record const& that, instant now) const noexcept {
    return now >= that.expires;
  }
  [[nodiscard]] bool is_unused(slot_record const& that, instant now) const noexcept;
  [[nodiscard]] bool is_spare(slot_record const& that) const noexcept;
  [[nodiscard]] bool is_surplus_idle(slot_record const& that, instant now) const noexcept;
  [[nodiscard]] bool is_fresh(std::uint32_t index, instant now) const noexcept;
  [[nodiscard]] bool awaits_check(std::uint32_t index) const noexcept;
  [[nodiscard]] bool may_check_for(std::size_t callers) const noexcept;
  [[nodiscard]] static bool is_waited_for(slot_record const& checked) noexcept {
    return checked.on_demand && !checked.stuck && !checked.stale;
  }
  [[nodiscard]] bool newcomers_may_take() const;
  [[nodiscard]] bool head_goes_first() const;
  [[nodiscard]] instant eviction_due(slot_record const& that) const noexcept;
  [[nodiscard]] static instant age_due(slot_record const& that) noexcept;
  /// Why it may not rest any more; none if it may.
  [[nodiscard]] std::optional<close_reason> worn_out(slot_record const& that,
                                                     instant now) const noexcept;
  /// The slot that `named` means, if it is in `expected` and of that generation.
  [[nodiscard]] std::optional<std::uint32_t> find(slot_ref named, slot_state expected) const;

  // What a slot goes through.
  void move(std::uint32_t index, slot_input input);
  slot_ref hand_out(std::uint32_t index, slot_input input);
  slot_ref start_hook(std::uint32_t index, slot_input input, instant now, duration timeout);
  void end_hook(std::uint32_t index);
  void bring_in_vacant(std::size_t first) noexcept;
  std::uint32_t next_vacant();
  void give_up_on(slot_record& that);
  void draw_lifetime(slot_record& that, instant now);
  void rest(std::uint32_t index, instant now);
  void come_to_store(std::uint32_t index) const;
  void leave_store(std::uint32_t index) const;
  void leave_rest(std::uint32_t index);
  void empty(std::uint32_t index, slot_input input);
  void start_check(std::uint32_t index, instant now, action_list& out);
  void start_reset(std::uint32_t index, instant now, action_list& out);
  void lend(ticket caller, std::uint32_t index, instant now, action_list& out);
  void stop_watching(std::uint32_t index, action_list& out);
  void end_lease(std::uint32_t index, action_list& out);
  void retire(std::uint32_t index, close_reason reason, instant now, action_list& out);
  void retire_idle(std::uint32_t index, close_reason reason, instant now, action_list& out);
  void was_found_dead(slot_record const& that, instant now);

  // Who gets what.
  [[nodiscard]] std::optional<std::uint32_t> next_idle();
  std::optional<std::uint32_t> take_idle(instant now, std::size_t callers, action_list& out);
  [[nodiscard]] bool is_hopeless() const noexcept;
  void refuse(ticket caller, reject_reason reason, action_list& out);
  void refuse_all(reject_reason reason, action_list& out);
  void queue(ticket caller, instant deadline);

  // What is due.
  void expire_waiters(instant now, action_list& out);
  void hook_is_late(std::uint32_t index, action_list& out);
  void lease_is_late(std::uint32_t index, action_list& out);
  void scan(instant now, action_list& out);
  void scan_slot(std::uint32_t index, instant now, action_list& out);

  // What follows from any event.
  void close_surplus(instant now, action_list& out);
  void serve_waiters(instant now, action_list& out);
  void wake_waiters(instant now, action_list& out);
  void close_idle_surplus(instant now, action_list& out);
  void start_checks(instant now, action_list& out);
  void start_opens(instant now, std::size_t callers, action_list& out);
  void fail_waiters(action_list& out);
  receipt settle(instant now, action_list& out);

  [[nodiscard]] std::string canonical_slot(std::uint32_t index, std::int64_t place,
                                           instant now) const;

  static constexpr std::uint32_t nobody = index_list::none;

  pool_options options_;
  hooks_present hooks_;
  random_source random_;
  phase phase_ = phase::open;
  bool suspended_ = false;
  bool handed_over_ = false;
  instant take_back_by_ = never; ///< when something that was handed over becomes due

  std::vector<slot_record> slots_;
  std::array<std::size_t, slot_state_count> counts_{};
  std::size_t stuck_ = 0;
  std::size_t unawaited_ = 0; ///< opening, checking or resetting, but stuck or stale
  std::size_t ageing_ = 0;    ///< idle or checking
  std::size_t on_demand_ = 0; ///< checks that callers wait for
  std::size_t written_off_ = 0;
  std::size_t lost_ = 0; ///< leased, but stale or written off: nobody will be served by them
  std::size_t first_leases_ = 0;      ///< leased, and untried
  std::size_t initial_left_;          ///< opens that the pool's beginning still owes
  std::vector<std::uint32_t> vacant_; ///< the next one to be opened at the end
  index_list resting_;                ///< idle and checking, the one used last in front
  deadline_heap deadlines_;           ///< of hooks that run, and of leases
  waiter_queue waiters_;
  backoff backoff_;

  instant scan_due_;
  instant scan_started_;
  instant eviction_due_ = never;   ///< no idle one is due before; a scan before it looks at none
  bool held_back_ = false;         ///< but for those that only min_idle keeps
  std::uint32_t check_cursor_;     ///< slots from here on have not been looked at by this scan
  std::uint32_t vouched_ = nobody; ///< proven by the event that is being settled
  instant suspect_before_ = instant::min(); ///< proven no later: to be checked before it is lent
  std::uint64_t tickets_ = 0;               ///< calls of acquire
  pool_stats stats_;                        ///< the counters; the rest is filled in by stats()
};

} // namespace conecta::core
