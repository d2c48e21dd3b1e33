#include "core/invariants.hpp"

#include "core/machine.hpp"
#include "core/sizing.hpp"

#include <array>
#include <numeric>

namespace conecta::core {

std::optional<std::string> invariant_checker::first_broken(machine const& that, instant now) {
  invariant_checker checker{that, now};
  checker.slots_are_counted();
  checker.lists_match_states();
  checker.nobody_waits_in_vain();
  checker.books_balance();
  return checker.broken_;
}

void invariant_checker::require(bool holds, char const* what) {
  if (holds || broken_) {
    return;
  }
  auto const& s = that_.stats();
  broken_ = std::string{"invariant broken: "} + what + " (idle " + std::to_string(s.idle) +
            ", leased " + std::to_string(s.leased) + ", opening " + std::to_string(s.opening) +
            ", checking " + std::to_string(s.checking) + ", resetting " +
            std::to_string(s.resetting) + ", closing " + std::to_string(s.closing) + ", waiters " +
            std::to_string(s.waiters) + ")";
}

void invariant_checker::slots_are_counted() {
  std::array<std::size_t, slot_state_count> seen{};
  std::size_t stuck = 0;
  for (auto const& slot : that_.slots_) {
    ++seen[static_cast<std::size_t>(slot.state)];
    stuck += slot.stuck ? 1U : 0U;
  }
  require(seen == that_.counts_, "the count of each state is the number of slots in it");
  require(std::accumulate(seen.begin(), seen.end(), std::size_t{0}) == that_.options_.max_size,
          "the slots of every state add up to max_size");
  require(stuck == that_.stuck_coming_ + that_.stuck_closing_, "stuck hooks are counted");
}

void invariant_checker::lists_match_states() {
  for (std::uint32_t index = 0; index < that_.slots_.size(); ++index) {
    auto const& slot = that_.slots_[index];
    auto const rests = slot.state == slot_state::idle || slot.state == slot_state::checking;
    require(that_.resting_.contains(index) == rests, "idle and checking slots rest, others do not");
    require(that_.vacant_.contains(index) == (slot.state == slot_state::vacant),
            "vacant slots can be opened, others cannot");
    require(that_.hook_deadlines_.contains(index) == (slot.hook_deadline != never && !slot.stuck),
            "a running hook has a deadline until it is stuck");
  }
}

void invariant_checker::nobody_waits_in_vain() {
  require(that_.waiters_.size() <= that_.options_.max_waiters, "the queue is bounded");
  require(that_.waiters_.earliest_deadline() > now_, "nobody waits past their deadline");
  if (that_.phase_ != machine::phase::open) {
    require(that_.waiters_.empty(), "nobody waits for a closed pool");
    require(that_.count(slot_state::idle) == 0, "a closed pool holds nothing idle");
    return;
  }
  require(that_.waiters_.empty() || that_.count(slot_state::idle) == 0,
          "nobody waits while a resource is idle");
  require(opens_to_start(
              {.waiters = that_.waiters_.size(),
               .min_idle = that_.options_.min_idle,
               .coming = that_.coming(),
               .vacant = that_.vacant_.size(),
               .opening = that_.count(slot_state::opening),
               .limit = that_.backoff_.opens_allowed(now_, that_.options_.open_concurrency)}) == 0,
          "what is missing and may be opened is being opened");
}

void invariant_checker::books_balance() {
  auto const s = that_.stats();
  require(s.opened + s.added ==
              s.idle + s.leased + s.checking + s.resetting + s.closing + s.closed + s.detached,
          "opened + added = live + closed + detached");
  require(s.acquired == s.returned + s.detached + s.leased,
          "acquired = returned + detached + leased");
  require(that_.tickets_ == s.acquired + s.timed_out + s.cancelled + s.rejected + s.waiters,
          "every caller is served, refused or waiting");
}

} // namespace conecta::core
