#pragma once

// Gives any event to a machine. What the machine answers besides actions is a reply.

#include "core/machine.hpp"

#include <optional>
#include <type_traits>

namespace conecta::sim {

struct reply {
  core::receipt given = core::receipt::accepted;
  std::optional<ticket> caller{}; ///< of acquire, and of spurn unless it is stale
  std::optional<slot_ref> slot{}; ///< of reserve, if there is room
  friend bool operator==(reply const&, reply const&) = default;
};

[[nodiscard]] inline reply feed(core::machine& machine, instant now, core::event const& what,
                                core::action_list& out) {
  return std::visit(
      [&](auto const& event) {
        reply made;
        auto const answer = machine.on(now, event, out);
        using kind = std::remove_cvref_t<decltype(answer)>;
        if constexpr (std::is_same_v<kind, ticket>) {
          made.caller = answer;
        } else if constexpr (std::is_same_v<kind, std::optional<ticket>>) {
          made.caller = answer;
          made.given = answer ? core::receipt::accepted : core::receipt::refused;
        } else if constexpr (std::is_same_v<kind, std::optional<slot_ref>>) {
          made.slot = answer;
          made.given = answer ? core::receipt::accepted : core::receipt::refused;
        } else {
          made.given = answer;
        }
        return made;
      },
      what);
}

} // namespace conecta::sim
