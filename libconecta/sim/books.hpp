#pragma once

// The simulator's own books: who holds what, who waits, what runs, from the events and actions
// alone. They know nothing of how the machine works, only what it promised; the first promise that
// is broken is kept as one sentence. O(1) an event, but for audit().

#include "core/machine.hpp"
#include "sim/feed.hpp"
#include "sim/marks.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace conecta::sim {

class books {
 public:
  books(pool_options const& options, core::hooks_present hooks);

  /// After an event was fed, before its actions are carried out.
  void enter(instant now, core::event const& what, reply const& given,
             core::action_list const& actions, core::machine const& machine);

  /// What must hold over all slots and waiters; O(max_size + max_waiters).
  void audit(instant now, core::machine const& machine);

  void complain(std::string what);
  [[nodiscard]] std::optional<std::string> const& broken() const noexcept { return broken_; }

  [[nodiscard]] bool draining() const noexcept { return draining_; }
  [[nodiscard]] bool drained() const noexcept { return drained_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  /// Idle ones, with those that a check looks at.
  [[nodiscard]] std::size_t ready() const noexcept {
    return count(holding::idle) + count(holding::checking);
  }
  [[nodiscard]] mark_set& marks() noexcept { return marks_; }

 private:
  enum class holding : std::uint8_t {
    nothing,
    opening,
    idle,
    doubtful, ///< must be checked, reset or closed before the event is over
    checking,
    leased,
    resetting,
    closing,
  };
  static constexpr std::size_t holding_count = 8;
  static constexpr std::size_t any_number = 1024;

  struct slot {
    holding what = holding::nothing;
    bool added = false;
    bool brought = false; ///< once it is there
    bool stuck = false;
    bool stale = false;       ///< from before an invalidate
    bool overdue = false;     ///< a lease that was reported
    bool written_off = false; ///< a lease that was reclaimed
    unsigned uses = 0;
    std::uint32_t generation = 0;
    unsigned failed_checks = 0;
    instant born{};
    instant idle_since{};  ///< last given back, or opened
    instant became_idle{}; ///< the same, or last checked
    instant hook_deadline{};
    instant lent_at{};
    instant proven_at{};
    std::uint64_t proven_by = 0; ///< the event; 0: none
  };
  struct waiter {
    bool waits = false;
    std::uint32_t generation = 0;
    instant deadline{};
    bool awake = false;
    unsigned overtaken = 0; ///< woken, and others took what it was woken for
  };
  struct totals {
    std::uint64_t opened = 0, open_failed = 0, closed = 0, acquired = 0, returned = 0,
                  timed_out = 0, cancelled = 0, rejected = 0, checks_ok = 0, checks_failed = 0,
                  detached = 0, added = 0, leaked = 0, reclaimed = 0;
  };

  [[nodiscard]] std::size_t count(holding what) const noexcept {
    return counts_[static_cast<std::size_t>(what)];
  }
  void require(bool holds, char const* what) {
    if (!holds && !broken_) {
      complain(what);
    }
  }
  [[nodiscard]] slot* find(slot_ref named);
  [[nodiscard]] slot* expect(slot_ref named, holding what, core::receipt given);
  void turn(slot& that, holding what);
  slot* name(slot_ref named);
  void end_hook(slot& that);
  void rests(slot& that, instant now);
  [[nodiscard]] bool outlived(slot const& that, instant now) const;
  [[nodiscard]] bool waits(ticket caller) const;
  void stop_waiting(ticket caller);
  waiter* new_caller(instant deadline);
  [[nodiscard]] std::size_t occupied() const noexcept {
    return slots_.size() - count(holding::nothing) - written_off_;
  }
  [[nodiscard]] std::size_t demanding() const noexcept { return suspended_ ? 0 : waiting_; }
  [[nodiscard]] std::size_t coming() const noexcept {
    return count(holding::idle) + count(holding::opening) + count(holding::checking) +
           count(holding::resetting) - unawaited_;
  }
  [[nodiscard]] bool is_fresh(slot const& that) const;
  void goes_stale(slot& that);
  /// Leases that can come back to serve somebody.
  [[nodiscard]] bool something_may_come_back() const;
  void end_watch(slot& that);

  // Events.
  void on(core::acquire const& e);
  void on(core::cancel const& e);
  void on(core::retry const& e);
  void on(core::spurn const& e);
  void on(core::give_back const& e);
  void on(core::discard const& e);
  void on(core::detach const& e);
  void on(core::reserve const& e);
  void on(core::opened const& e);
  void on(core::open_failed const& e);
  void on(core::checked const& e);
  void on(core::reset_done const& e);
  void on(core::closed const& e);
  void on(core::tick const& e);
  void on(core::drain const& e);
  void on(core::resize const& e);
  void on(core::invalidate const& e);
  void on(core::evict_idle const& e);
  void on(core::suspend const& e);
  void on(core::resume const& e);

  // Actions.
  void on(core::open const& a);
  void on(core::check const& a);
  void on(core::reset const& a);
  void on(core::close const& a);
  void on(core::interrupt const& a);
  void on(core::grant const& a);
  void on(core::wake const& a);
  void on(core::reject const& a);
  void on(core::overdue const& a);
  void on(core::reclaimed const& a);
  void on(core::came_back const& a);
  void on(core::drained const& a);

  void open_has_failed();
  void open_was_worth_nothing();
  void settle(core::machine const& machine);
  void nobody_is_forgotten();
  void opens_are_owed(core::machine const& machine);
  void totals_agree(core::machine const& machine);

  pool_options options_;
  core::hooks_present hooks_;
  std::vector<slot> slots_;
  std::array<std::size_t, holding_count> counts_{};
  std::size_t stuck_ = 0;
  std::size_t unawaited_ = 0; ///< opening, checking or resetting, but stuck or stale
  std::size_t written_off_ = 0;
  std::size_t owed_back_ = 0; ///< leases that were reported and have ended
  bool suspended_ = false;
  instant suspect_before_ = instant::min();
  std::size_t opens_running_ = 0; ///< but for resources that are brought
  std::vector<waiter> waiters_;
  std::deque<ticket> queue_; ///< in order of arrival; those who have left are skipped
  std::size_t waiting_ = 0;
  totals totals_;
  bool draining_ = false;
  bool drained_ = false;

  // The backoff's delay has chance in it; between these the next open may come.
  unsigned failures_at_least_ = 0;
  unsigned failures_at_most_ = 0;
  unsigned forgiven_at_least_ = 0; ///< of before the latest success
  unsigned forgiven_at_most_ = 0;
  std::size_t at_once_at_least_ = any_number; ///< opens that the slow start allows
  std::size_t at_once_at_most_ = any_number;
  instant opens_not_before_ = instant::min();
  instant opens_surely_by_ = instant::min();

  // The event that is being entered.
  instant now_{};
  core::event const* event_ = nullptr; ///< the one that is being entered
  bool ticked_ = false;                ///< the last one was a tick
  reply given_{};
  instant settled_at_ = instant::min(); ///< the event before
  std::uint64_t events_ = 0;

  mark_set marks_;
  std::optional<std::string> broken_;
};

} // namespace conecta::sim
