#pragma once

// The pool once more, slow and obvious: plain vectors, linear searches, no generations, no heaps,
// written from the contract and not from the machine. It says what every event must lead to; the
// referee compares. What the contract leaves open (which vacant slot is opened, what a new name is)
// the model does not decide: it is told by learn().
//
// Thread safety: none. Copyable.

#include "base/random.hpp"
#include "core/machine.hpp"
#include "core/message.hpp"
#include "core/slot_state.hpp"

#include <conecta/options.hpp>

#include <optional>
#include <vector>

namespace conecta::property {

/// What fills one slot, from the beginning of its open to the end of its close.
struct thing {
  int id = 0;
  slot_ref name; ///< what the machine calls it now
  core::slot_state state = core::slot_state::opening;
  close_reason reason = close_reason::shutdown;
  bool added = false;
  bool stuck = false;
  bool stale = false;      ///< from before the latest invalidate
  bool for_caller = false; ///< checked because a caller came
  bool ageing = false;     ///< its replacement was asked for
  bool reported = false;   ///< lent for too long
  bool placeless = false;  ///< lent for so long that its place may be taken
  bool untried = false;    ///< opened, not brought, and not lent before
  instant hook_ends = never;
  instant lease_due = never; ///< when it is reported, then when it loses its place
  instant idle_since{};
  instant proven_at{};
  instant expires = never;
  instant replace_at = never;
  unsigned failed_checks = 0;
  unsigned uses = 0;
  std::uint64_t rested = 0; ///< when it came to rest, in the order of events: larger is later
};

struct caller {
  ticket name;
  instant deadline;
  bool awake = false;
  unsigned overtaken = 0;
};

inline constexpr int nothing = -1;

/// An action that must come. If it gives a slot a new name, that is left blank, and `about` says
/// which thing is meant.
struct foreseen {
  core::action what;
  int about = nothing;
};

class model {
 public:
  model(pool_options const& options, core::hooks_present hooks, std::uint64_t seed, instant now);

  /// Whether the event is about something that is so, and in `actions()` what it leads to.
  /// `fresh` is the ticket that the machine gave an acquire.
  core::receipt on(instant now, core::event const& what, ticket fresh);
  [[nodiscard]] std::vector<foreseen> const& actions() const { return actions_; }

  /// The machine has given `about` this name.
  void learn(int about, slot_ref name) { entry(about).name = name; }
  [[nodiscard]] thing const& with_id(int id) const;
  /// The thing that the latest `reserve` made.
  [[nodiscard]] int reserved() const { return reserved_; }

  [[nodiscard]] std::vector<thing> const& things() const { return things_; }
  [[nodiscard]] std::vector<caller> const& callers() const { return callers_; }
  [[nodiscard]] bool is_closed() const { return closed_; }
  [[nodiscard]] bool is_drained() const { return drained_; }
  [[nodiscard]] std::size_t slots() const { return slots_; }
  [[nodiscard]] std::size_t max_size() const { return options_.max_size; }
  [[nodiscard]] pool_stats stats() const;
  [[nodiscard]] instant next_deadline() const;

 private:
  core::receipt handle(instant now, core::acquire const& request, ticket fresh);
  core::receipt handle(instant now, core::cancel const& request, ticket);
  core::receipt handle(instant now, core::retry const& request, ticket);
  core::receipt handle(instant now, core::spurn const& found, ticket fresh);
  core::receipt handle(instant now, core::give_back const& ended, ticket);
  core::receipt handle(instant now, core::discard const& ended, ticket);
  core::receipt handle(instant now, core::detach const& ended, ticket);
  core::receipt handle(instant now, core::reserve const&, ticket);
  core::receipt handle(instant now, core::opened const& answer, ticket);
  core::receipt handle(instant now, core::open_failed const& answer, ticket);
  core::receipt handle(instant now, core::checked const& answer, ticket);
  core::receipt handle(instant now, core::reset_done const& answer, ticket);
  core::receipt handle(instant now, core::closed const& answer, ticket);
  core::receipt handle(instant now, core::tick const&, ticket);
  core::receipt handle(instant now, core::drain const&, ticket);
  core::receipt handle(instant now, core::resize const& request, ticket);
  core::receipt handle(instant now, core::invalidate const&, ticket);
  core::receipt handle(instant now, core::evict_idle const&, ticket);
  core::receipt handle(instant now, core::suspend const&, ticket);
  core::receipt handle(instant now, core::resume const&, ticket);

  thing& entry(int id);
  thing* find(slot_ref name, core::slot_state state);
  thing* in_slot(std::uint32_t index);
  [[nodiscard]] std::size_t how_many(core::slot_state state) const;
  [[nodiscard]] std::size_t missing(std::size_t wanting) const;
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] std::size_t wanting() const { return suspended_ ? 0 : callers_.size(); }
  [[nodiscard]] std::vector<thing*> idle_ones_coldest_first();
  [[nodiscard]] std::optional<close_reason> worn_out(thing const& that, instant now) const;
  [[nodiscard]] bool needs_check(thing const& that, instant now) const;
  [[nodiscard]] bool queue_is_strict() const;
  void forget(int id);
  void backend_failed(instant now);

  void reject(ticket name, core::reject_reason reason);
  void begin(thing& that, core::slot_state state, instant now, duration timeout);
  void end(thing& that, core::slot_state state);
  void come_to_rest(thing& that, instant now);
  void close(thing& that, close_reason reason, instant now);
  void check(thing& that, instant now);
  void reset(thing& that, instant now);
  void lend(int id, ticket name, instant now);
  void end_of_lease(thing& that);
  std::vector<thing*> order_of_service();
  [[nodiscard]] bool may_check_for(std::size_t wanting) const;
  [[nodiscard]] bool unused_for_too_long(thing const& that, instant now) const;
  std::optional<int> next_to_lend(instant now, std::size_t wanting);
  std::optional<int> next_for_newcomer(instant now);
  void lease_is_due(thing& that);
  void scan(instant now);

  void settle(instant now);
  void tell_the_late(instant now);
  void close_what_is_too_much(instant now);
  void serve(instant now);
  void wake(instant now);
  void close_what_is_too_idle(instant now);
  void go_on_with_scan(instant now);
  void open_what_is_missing(instant now, std::size_t wanting);
  [[nodiscard]] bool is_hopeless() const;
  void tell_if_hopeless();

  pool_options options_;
  core::hooks_present hooks_;
  random_source random_;
  bool closed_ = false;
  bool drained_ = false;
  bool suspended_ = false;
  std::size_t slots_; ///< that there ever were
  std::size_t initial_left_;
  std::vector<thing> things_;
  std::vector<caller> callers_;
  std::vector<foreseen> actions_;
  std::vector<std::uint32_t> to_look_at_; ///< slots that the scan has not come to yet
  instant scan_started_;
  instant scan_due_;
  unsigned failed_opens_ = 0;        ///< in a row
  unsigned forgiven_ = 0;            ///< of before the latest success
  std::size_t opens_at_once_ = 1024; ///< after failures: 1, and one more for each that succeeds
  instant opens_resume_ = instant::min();
  int next_id_ = 0;
  int reserved_ = nothing;
  int just_proven_ = nothing; ///< by the event that is handled now
  instant suspect_until_ = instant::min();
  std::uint64_t rests_ = 0;
  pool_stats stats_;
};

} // namespace conecta::property
