#pragma once

// The pool's short cut while nothing is pending: the idle slots as a stack in one atomic word.
// Whoever opens and closes it holds the engine's lock; take() and put() need none, and fail from
// the moment on at which it is closed, so that there is nothing between "looked" and "queued".
//
// The word: the top of the stack, how many slots are leased, how many takes and puts there were
// (which also keeps a slot that left and came back from being mistaken), and whether it is closed.
// Every figure of a snapshot comes from one load of it, so figures are exact.
//
// Thread safety: take and put from any thread; the rest under one lock.

#include "base/assert.hpp"
#include "core/machine.hpp"

#include <conecta/ids.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace conecta::driver {

/// Atomic is std::atomic, but where a test explores every order of its steps; TurnBits are all that
/// are left in the word, but where a test is to see them wrap.
template <template <class> class Atomic, unsigned TurnBits = 29>
class basic_gate {
 public:
  static constexpr std::size_t most_slots = (1U << 17U) - 1;

  /// Closed, with room for slots of an index below `slots`.
  explicit basic_gate(std::size_t slots) { make_room(slots); }

  [[nodiscard]] std::size_t room() const noexcept { return room_; }
  /// REQUIRES: closed. May throw std::bad_alloc, and has then changed nothing.
  void make_room(std::size_t slots);

  /// REQUIRES: closed. `idle` are those to lend, the one used last at the end; `leased` others may
  /// come back.
  void open(std::span<slot_ref const> idle, std::size_t leased) noexcept;

  /// The idle one that was used last; none if the gate is closed or nothing is idle.
  [[nodiscard]] std::optional<slot_ref> take() noexcept;
  /// False if the gate is closed: then it has no effect.
  [[nodiscard]] bool put(slot_ref slot) noexcept;

  struct figures {
    std::size_t leased = 0;
    std::uint64_t taken = 0; ///< since it was opened
    std::uint64_t put = 0;
  };
  [[nodiscard]] figures now() const noexcept;

  /// REQUIRES: open. Fills `idle`, the one used last first. Does not throw if it has the capacity.
  figures close(std::vector<core::gate_report::slot>& idle);

  [[nodiscard]] bool is_open() const noexcept {
    return (word_.load(std::memory_order_relaxed) & closed_bit) == 0;
  }
  /// The most that were ever leased while it was open.
  [[nodiscard]] std::size_t peak_leased() const noexcept {
    return peak_leased_.load(std::memory_order_relaxed);
  }

 private:
  /// Written by whoever holds the slot, read by whoever comes by.
  struct place {
    Atomic<std::uint32_t> below{0}; ///< in the stack: the next one's index + 1
    Atomic<std::uint32_t> generation{0};
    Atomic<bool> used{false};
  };

  static constexpr unsigned field_bits = 17;
  static constexpr unsigned turn_shift = 2 * field_bits;
  static constexpr std::uint64_t field_mask = (std::uint64_t{1} << field_bits) - 1;
  static constexpr std::uint64_t one_leased = std::uint64_t{1} << field_bits;
  static constexpr std::uint64_t one_turn = std::uint64_t{1} << turn_shift;
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63U;
  static constexpr std::uint64_t all_but_closed = (one_turn << TurnBits) - 1;
  static constexpr std::uint64_t half_bit = one_turn
                                            << (TurnBits - 1); ///< the highest of the turns

  [[nodiscard]] static std::uint32_t top(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word & field_mask);
  }
  [[nodiscard]] static std::size_t leased(std::uint64_t word) noexcept {
    return (word >> field_bits) & field_mask;
  }
  [[nodiscard]] static std::uint64_t turns(std::uint64_t halves, std::uint64_t word) noexcept;
  [[nodiscard]] figures since_opened(std::uint64_t halves, std::uint64_t word) const noexcept;
  void turned(std::uint64_t before, std::uint64_t after) noexcept;
  void was_leased(std::size_t count) noexcept;

  alignas(64) Atomic<std::uint64_t> word_{closed_bit};
  alignas(64) Atomic<place*> places_{nullptr};
  Atomic<std::uint64_t> halves_{0}; ///< how often half_bit has changed
  Atomic<std::size_t> peak_leased_{0};
  std::size_t room_ = 0;
  std::uint64_t opened_at_turn_ = 0;
  std::size_t opened_with_leased_ = 0;
  std::vector<std::unique_ptr<place[]>> kept_; ///< even outgrown ones: somebody may look into them
};

using gate = basic_gate<std::atomic>;

template <template <class> class Atomic, unsigned TurnBits>
void basic_gate<Atomic, TurnBits>::make_room(std::size_t slots) {
  if (slots <= room_ || slots > most_slots) {
    return;
  }
  kept_.reserve(kept_.size() + 1);
  kept_.push_back(std::make_unique<place[]>(slots));
  places_.store(kept_.back().get(), std::memory_order_release);
  room_ = slots;
}

template <template <class> class Atomic, unsigned TurnBits>
void basic_gate<Atomic, TurnBits>::open(std::span<slot_ref const> idle,
                                        std::size_t leased_now) noexcept {
  auto const before = word_.load(std::memory_order_relaxed);
  CONECTA_ASSERT((before & closed_bit) != 0, "gate::open: it is open");
  auto* const places = places_.load(std::memory_order_relaxed);
  std::uint32_t below = 0;
  for (auto const& slot : idle) {
    auto& its = places[slot.index];
    its.below.store(below, std::memory_order_relaxed);
    its.generation.store(slot.generation, std::memory_order_relaxed);
    its.used.store(false, std::memory_order_relaxed);
    below = slot.index + 1;
  }
  auto const kept = before & ~(closed_bit | (one_turn - 1));
  opened_at_turn_ = turns(halves_.load(std::memory_order_acquire), kept);
  opened_with_leased_ = leased_now;
  was_leased(leased_now);
  word_.store(kept | (std::uint64_t{leased_now} << field_bits) | below, std::memory_order_release);
}

template <template <class> class Atomic, unsigned TurnBits>
std::optional<slot_ref> basic_gate<Atomic, TurnBits>::take() noexcept {
  auto word = word_.load(std::memory_order_acquire);
  for (;;) {
    if ((word & closed_bit) != 0 || top(word) == 0) {
      return std::nullopt;
    }
    auto const index = top(word) - 1;
    // After the word: who sees that the gate was opened sees its places.
    auto& its = places_.load(std::memory_order_acquire)[index];
    auto const below = its.below.load(std::memory_order_relaxed);
    auto const after = (((word & ~field_mask) | below) + one_leased + one_turn) & all_but_closed;
    if (word_.compare_exchange_weak(word, after, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      turned(word, after);
      was_leased(leased(after));
      return slot_ref{index, its.generation.load(std::memory_order_relaxed)};
    }
  }
}

template <template <class> class Atomic, unsigned TurnBits>
bool basic_gate<Atomic, TurnBits>::put(slot_ref slot) noexcept {
  auto word = word_.load(std::memory_order_acquire);
  for (;;) {
    if ((word & closed_bit) != 0) {
      return false;
    }
    auto& its = places_.load(std::memory_order_acquire)[slot.index];
    its.below.store(top(word), std::memory_order_relaxed);
    its.generation.store(slot.generation, std::memory_order_relaxed);
    its.used.store(true, std::memory_order_relaxed);
    auto const after =
        (((word & ~field_mask) | (slot.index + 1U)) - one_leased + one_turn) & all_but_closed;
    if (word_.compare_exchange_weak(word, after, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      turned(word, after);
      return true;
    }
  }
}

template <template <class> class Atomic, unsigned TurnBits>
auto basic_gate<Atomic, TurnBits>::now() const noexcept -> figures {
  auto const halves = halves_.load(std::memory_order_acquire);
  return since_opened(halves, word_.load(std::memory_order_acquire));
}

template <template <class> class Atomic, unsigned TurnBits>
auto basic_gate<Atomic, TurnBits>::close(std::vector<core::gate_report::slot>& idle) -> figures {
  auto const halves = halves_.load(std::memory_order_acquire);
  auto const word = word_.fetch_or(closed_bit, std::memory_order_acq_rel);
  CONECTA_ASSERT((word & closed_bit) == 0, "gate::close: it is closed");
  idle.clear();
  auto const* const places = places_.load(std::memory_order_relaxed);
  for (auto next = top(word); next != 0;) {
    auto const& its = places[next - 1];
    idle.push_back({next - 1, its.used.load(std::memory_order_relaxed)});
    next = its.below.load(std::memory_order_relaxed);
  }
  return since_opened(halves, word);
}

template <template <class> class Atomic, unsigned TurnBits>
auto basic_gate<Atomic, TurnBits>::since_opened(std::uint64_t halves,
                                                std::uint64_t word) const noexcept -> figures {
  auto const both = turns(halves, word) - opened_at_turn_;
  auto const leased_now = leased(word);
  // taken + put = both, and taken - put is what is leased more than at the opening.
  auto const taken = (both + leased_now - opened_with_leased_) / 2;
  return {leased_now, taken, both - taken};
}

/// All turns ever. `halves` was loaded before the word: whoever changed half_bit may not have said
/// so yet, but says it long before the bit changes again.
template <template <class> class Atomic, unsigned TurnBits>
std::uint64_t basic_gate<Atomic, TurnBits>::turns(std::uint64_t halves,
                                                  std::uint64_t word) noexcept {
  auto const half = (word & half_bit) == 0 ? 0U : 1U;
  halves += (halves & 1U) == half ? 0U : 1U;
  return ((halves >> 1U) << TurnBits) | ((word & all_but_closed) >> turn_shift);
}

template <template <class> class Atomic, unsigned TurnBits>
void basic_gate<Atomic, TurnBits>::turned(std::uint64_t before, std::uint64_t after) noexcept {
  if (((before ^ after) & half_bit) != 0) {
    halves_.fetch_add(1, std::memory_order_release);
  }
}

template <template <class> class Atomic, unsigned TurnBits>
void basic_gate<Atomic, TurnBits>::was_leased(std::size_t count) noexcept {
  auto peak = peak_leased_.load(std::memory_order_relaxed);
  while (count > peak &&
         !peak_leased_.compare_exchange_weak(peak, count, std::memory_order_relaxed)) {
  }
}

} // namespace conecta::driver
