#include "core/invariants.hpp"

#include "core/machine.hpp"
#include "core/sizing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace conecta::core {

std::optional<std::string> invariant_checker::first_broken(machine const& that, instant now) {
  invariant_checker checker{that, now};
  checker.slots_are_counted();
  checker.the_cap_holds();
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
  std::size_t unawaited = 0;
  std::size_t ageing = 0;
  std::size_t on_demand = 0;
  std::size_t written_off = 0;
  std::size_t lost = 0;
  std::size_t first_leases = 0;
  for (auto const& slot : that_.slots_) {
    ++seen[static_cast<std::size_t>(slot.state)];
    auto const on_its_way = slot.state == slot_state::opening ||
                            slot.state == slot_state::checking ||
                            slot.state == slot_state::resetting;
    stuck += slot.stuck ? 1U : 0U;
    unawaited += on_its_way && (slot.stuck || slot.stale) ? 1U : 0U;
    ageing += slot.ageing ? 1U : 0U;
    on_demand += machine::is_waited_for(slot) ? 1U : 0U;
    written_off += slot.written_off ? 1U : 0U;
    lost += slot.state == slot_state::leased && (slot.stale || slot.written_off) ? 1U : 0U;
    first_leases += slot.state == slot_state::leased && slot.untried ? 1U : 0U;
  }
  require(seen == that_.counts_, "the count of each state is the number of slots in it");
  require(stuck == that_.stuck_, "stuck hooks are counted");
  require(unawaited == that_.unawaited_, "hooks that nobody waits for are counted");
  require(ageing == that_.ageing_, "those whose replacement was asked for are counted");
  require(on_demand == that_.on_demand_, "checks for callers are counted");
  require(written_off == that_.written_off_, "leases without a place are counted");
  require(lost == that_.lost_, "leases that will serve nobody are counted");
  require(first_leases == that_.first_leases_, "first leases are counted");
}

void invariant_checker::the_cap_holds() {
  // After a resize down more may be there, but nothing is opened then.
  require(that_.occupied() <= that_.options_.max_size || that_.wanted(0).places == 0,
          "nothing is opened beyond max_size");
  require(that_.vacant_.size() >= that_.wanted(0).places, "every place has a vacant slot");
}

void invariant_checker::lists_match_states() {
  // Without memory of its own: as many of them as there should be, and their numbers add up.
  require(that_.vacant_.size() == that_.count(slot_state::vacant), "vacant slots can be opened");
  std::uint64_t sum = 0;
  for (auto const index : that_.vacant_) {
    require(that_.slots_[index].state == slot_state::vacant, "only vacant slots can be opened");
    sum += index;
  }
  for (std::uint32_t index = 0; index < that_.slots_.size(); ++index) {
    auto const& slot = that_.slots_[index];
    auto const rests = slot.state == slot_state::idle || slot.state == slot_state::checking;
    require(that_.resting_.contains(index) == rests, "idle and checking slots rest, others do not");
    sum -= slot.state == slot_state::vacant ? index : 0;
    require(that_.deadlines_.contains(index) ==
                (that_.deadlines_.of(index) != never && !slot.stuck),
            "a hook or lease is watched until it is late");
    require(!slot.ageing || rests, "only what rests is replaced ahead of time");
    require(!slot.on_demand || slot.state == slot_state::checking, "only checks are on demand");
    require(!(slot.overdue || slot.written_off) || slot.state == slot_state::leased,
            "only leases are overdue");
    require(slot.state != slot_state::idle || !slot.stale, "nothing stale is idle");
  }
  require(sum == 0, "no slot is vacant twice");
}

void invariant_checker::nobody_waits_in_vain() {
  auto const waiting = that_.waiters_.size();
  auto const idle = that_.count(slot_state::idle);
  require(waiting <= that_.options_.max_waiters + (that_.hooks_.look ? that_.slots_.size() : 0),
          "the queue is bounded");
  require(that_.waiters_.earliest_deadline() > now_, "nobody waits past their deadline");
  if (that_.phase_ != machine::phase::open) {
    require(waiting == 0, "nobody waits for a closed pool");
    require(idle == 0, "a closed pool holds nothing idle");
    return;
  }
  auto const all_asked =
      that_.options_.fair == fairness::barging && that_.waiters_.awake() >= std::min(idle, waiting);
  require(waiting == 0 || idle == 0 || that_.suspended_ || all_asked ||
              (that_.hooks_.check && !that_.may_check_for(waiting)),
          "nobody waits while a resource is idle");
  auto missing_now = that_.wanted(that_.demanding());
  missing_now.limit = that_.backoff_.opens_allowed(now_, that_.options_.open_concurrency);
  require(opens_to_start(missing_now) == 0, "what is missing and may be opened is being opened");
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
  require(s.reclaimed <= s.leaked, "only what was reported is reclaimed");
}

} // namespace conecta::core
