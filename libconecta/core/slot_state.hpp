#pragma once

// What a slot can be, and the only ways in which it can change. Everything a slot ever does is a
// row of `transitions`; the assertions below hold the table to its promises when it is compiled.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace conecta::core {

enum class slot_state : std::uint8_t {
  vacant,    ///< nothing in it; counts towards no limit
  opening,   ///< its open hook runs, or a resource is being added to it
  idle,      ///< can be lent
  checking,  ///< its check hook runs
  leased,    ///< somebody holds it
  resetting, ///< its reset hook runs
  closing,   ///< its close hook runs; still counts towards max_size
};
inline constexpr std::size_t slot_state_count = 7;

enum class slot_input : std::uint8_t {
  open,
  opened,
  open_failed,
  check,
  checked,
  grant,
  give_back,
  reset,
  reset_done,
  detach,
  retire,
  closed,
};
inline constexpr std::size_t slot_input_count = 12;

struct transition {
  slot_state from;
  slot_input input;
  slot_state to;
};

// clang-format off
inline constexpr std::array transitions{
  transition{slot_state::vacant,    slot_input::open,        slot_state::opening},
  transition{slot_state::opening,   slot_input::opened,      slot_state::idle},
  transition{slot_state::opening,   slot_input::open_failed, slot_state::vacant},
  transition{slot_state::idle,      slot_input::grant,       slot_state::leased},
  transition{slot_state::idle,      slot_input::check,       slot_state::checking},
  transition{slot_state::idle,      slot_input::retire,      slot_state::closing},
  transition{slot_state::checking,  slot_input::checked,     slot_state::idle},
  transition{slot_state::leased,    slot_input::give_back,   slot_state::idle},
  transition{slot_state::leased,    slot_input::reset,       slot_state::resetting},
  transition{slot_state::leased,    slot_input::detach,      slot_state::vacant},
  transition{slot_state::leased,    slot_input::retire,      slot_state::closing},
  transition{slot_state::resetting, slot_input::reset_done,  slot_state::idle},
  transition{slot_state::resetting, slot_input::reset,       slot_state::resetting},
  transition{slot_state::closing,   slot_input::closed,      slot_state::vacant},
};
// clang-format on

/// Where `input` leads from `from`; none if it is not allowed there.
[[nodiscard]] constexpr std::optional<slot_state> next_state(slot_state from, slot_input input) {
  for (auto const& row : transitions) {
    if (row.from == from && row.input == input) {
      return row.to;
    }
  }
  return std::nullopt;
}

namespace table {

consteval bool is_deterministic() {
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    for (std::size_t j = i + 1; j < transitions.size(); ++j) {
      if (transitions[i].from == transitions[j].from &&
          transitions[i].input == transitions[j].input) {
        return false;
      }
    }
  }
  return true;
}

consteval bool leads_to(slot_state start, slot_state goal) {
  std::array<bool, slot_state_count> reached{};
  reached[static_cast<std::size_t>(start)] = true;
  for (std::size_t round = 0; round < slot_state_count; ++round) {
    for (auto const& row : transitions) {
      if (reached[static_cast<std::size_t>(row.from)]) {
        reached[static_cast<std::size_t>(row.to)] = true;
      }
    }
  }
  return reached[static_cast<std::size_t>(goal)];
}

consteval bool every_state_is_reachable_and_returns() {
  for (std::size_t i = 0; i < slot_state_count; ++i) {
    auto const state = static_cast<slot_state>(i);
    if (!leads_to(slot_state::vacant, state) || !leads_to(state, slot_state::vacant)) {
      return false;
    }
  }
  return true;
}

} // namespace table

static_assert(table::is_deterministic());
static_assert(table::every_state_is_reachable_and_returns());

} // namespace conecta::core
