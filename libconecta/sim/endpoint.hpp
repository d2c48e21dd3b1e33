#pragma once

// The endpoint of a simulation: draws how each hook that is started ends, and remembers which runs
// on which slot. It answers nothing itself; the simulator feeds what is due.

#include "core/machine.hpp"
#include "sim/chance.hpp"
#include "sim/world.hpp"

#include <conecta/ids.hpp>

#include <optional>
#include <vector>

namespace conecta::sim {

class endpoint {
 public:
  endpoint(world const& in, std::uint64_t seed);

  /// When to answer: at once, at an instant, or not before an interrupt (`never`).
  struct start {
    instant at;
    std::uint32_t serial;
    outcome what;
  };
  /// REQUIRES: nothing runs on the slot, says a books that has not complained.
  start begin(hook which, slot_ref slot, instant now, instant deadline);

  /// Somebody brings a resource to that slot, and may fail to.
  start bring(slot_ref slot, instant at);

  /// A new answer time; none if the hook does not care, or none runs.
  std::optional<start> interrupted(slot_ref slot, instant now);

  /// What the hook answers, if `serial` still runs on that slot. It has ended then.
  std::optional<core::event> answer(std::uint32_t index, std::uint32_t serial);

  /// From now on everything succeeds after `moment`.
  void heal(duration moment) noexcept { healed_ = moment; }
  /// A new answer time for what runs on a slot, now that all is well; none if nothing does.
  std::optional<start> heal_running(std::uint32_t index, instant now);

  [[nodiscard]] std::size_t slots() const noexcept { return running_.size(); }
  [[nodiscard]] fault_counts const& outcomes() const noexcept { return outcomes_; }

 private:
  struct running {
    hook which = hook::open;
    slot_ref slot{};
    std::uint32_t serial = 0;
    bool active = false;
    bool good = true;
    bool begun = true; ///< a check or a reset may be called off before
    bool hangs = false;
    bool obeys = false;
    duration stuck_for{};
  };

  [[nodiscard]] running& hook_of(std::uint32_t index);
  [[nodiscard]] static core::health found_by(running const& that);
  [[nodiscard]] fault const& draw(hook which);

  std::vector<std::vector<fault>> by_hook_;
  double obedience_;
  chance chance_;
  std::vector<running> running_;
  fault_counts outcomes_{};
  std::optional<duration> healed_{};
};

} // namespace conecta::sim
