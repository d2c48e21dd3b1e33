#pragma once

// The pool as a state machine: events go in with the time, actions come out. It knows slots and
// tickets, never resources; it reads no clock, draws chance only from its own seeded source, and
// does no I/O. The blocking driver, the Asio driver, the property tests and the fuzzers run this
// object.
//
// Thread safety: none; a driver holds its lock around every call. Copyable: a copy goes on alone.
// Memory: all of it is taken by the constructor; max_size slots and max_waiters places.
// Invariants: core/invariants.hpp, asserted after every event in checking builds.

#include "base/random.hpp"
#include "core/backoff.hpp"
#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"
#include "core/message.hpp"
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
};

class machine {
 public:
  /// REQUIRES: violations_of(options) is empty.
  machine(pool_options const& options, hooks_present hooks, std::uint64_t seed, instant now);

  /// Answered at once by a grant or reject in `out`, or queued: then exactly one of them follows.
  ticket on(instant now, acquire const& request, action_list& out);
  /// The slot to bring the resource to; none if the pool is full or closed.
  std::optional<slot_ref> on(instant now, reserve const& request, action_list& out);

  receipt on(instant now, cancel const& request, action_list& out);
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

  /// When the next tick is due; `never` if only events can change anything.
  [[nodiscard]] instant next_deadline() const noexcept;

  [[nodiscard]] pool_stats stats() const noexcept;
  [[nodiscard]] pool_counts counts() const noexcept;
  [[nodiscard]] pool_options const& options() const noexcept { return options_; }
  [[nodiscard]] bool accepts_callers() const noexcept { return phase_ == phase::open; }

  /// What the machine would do next, without counters and generations: two machines with equal
  /// texts behave alike from `now` on. For exploring small worlds.
  [[nodiscard]] std::string canonical(instant now) const;

 private:
  friend class invariant_checker;

  enum class phase : std::uint8_t { open, draining, drained };

  struct slot_record {
    slot_state state = slot_state::vacant;
    close_reason reason = close_reason::shutdown;
    bool stuck = false;
    bool added = false;
    std::uint32_t generation = 0;
    unsigned failed_checks = 0;
    instant idle_since{};
    instant expires = never;
    instant hook_deadline = never;
  };

  [[nodiscard]] std::size_t count(slot_state state) const noexcept {
    return counts_[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] std::size_t coming() const noexcept;
  [[nodiscard]] bool nothing_is_left() const noexcept;
  [[nodiscard]] slot_ref ref(std::uint32_t index) const {
    return {index, slots_[index].generation};
  }
  [[nodiscard]] bool is_expired(slot_record const& that, instant now) const noexcept {
    return now >= that.expires;
  }
  [[nodiscard]] bool is_unused(slot_record const& that, instant now) const noexcept;
  [[nodiscard]] bool awaits_check(std::uint32_t index) const noexcept;

  /// The slot that `named` means, if it is in `expected` and of that generation.
  [[nodiscard]] std::optional<std::uint32_t> find(slot_ref named, slot_state expected) const;

  void move(std::uint32_t index, slot_input input);
  slot_ref hand_out(std::uint32_t index, slot_input input);
  slot_ref start_hook(std::uint32_t index, slot_input input, instant now, duration timeout);
  void end_hook(std::uint32_t index);

  [[nodiscard]] instant draw_expiry(instant now);
  void rest(std::uint32_t index, instant now);
  std::optional<std::uint32_t> take_idle(instant now, action_list& out);
  void lend(ticket caller, std::uint32_t index, action_list& out);
  void retire(std::uint32_t index, close_reason reason, instant now, action_list& out);
  void end_lease(std::uint32_t index);
  void refuse(ticket caller, reject_reason reason, action_list& out);
  void start_check(std::uint32_t index, instant now, action_list& out);
  void scan(instant now, action_list& out);

  void expire_waiters(instant now, action_list& out);
  void serve_waiters(instant now, action_list& out);
  void start_checks(instant now, action_list& out);
  void start_opens(instant now, std::size_t callers, action_list& out);
  receipt settle(instant now, action_list& out);

  pool_options options_;
  hooks_present hooks_;
  random_source random_;
  phase phase_ = phase::open;

  std::vector<slot_record> slots_;
  std::array<std::size_t, slot_state_count> counts_{};
  std::size_t stuck_coming_ = 0;
  std::size_t stuck_closing_ = 0;
  index_list vacant_;
  index_list resting_; ///< idle and checking, the one used last in front
  deadline_heap hook_deadlines_;
  waiter_queue waiters_;
  backoff backoff_;

  instant scan_due_;
  instant scan_started_;
  std::uint32_t check_cursor_; ///< slots from here on have not been looked at by this scan
  std::uint64_t tickets_ = 0;  ///< calls of acquire
  pool_stats stats_;           ///< the counters; the rest is filled in by stats()
};

} // namespace conecta::core
