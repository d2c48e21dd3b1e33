#pragma once

// Every history of a tiny pool: from the start, each event that can happen in each state, until no
// new state turns up. Two states are one if machine::canonical says the same of them. Machine and
// model play together all the way, and from every state the pool must be able to close.
//
// Thread safety: none needed. Fails, rather than runs on, beyond `most_states`.

#include "core/machine.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace conecta::property {

inline constexpr std::size_t most_states = 5'000'000;

enum class happening {
  open_fails,
  check_fails,
  reset_fails,
  does_not_begin, ///< a check or a reset
  discard,
  detach_and_add,
  drain,
  resize,
  invalidate,
  evict_idle,
  suspend,
  spurn,
};

/// A pool and what may happen to it. What is not named here never happens.
struct small_world {
  std::string name;
  pool_options options;
  core::hooks_present hooks;
  std::vector<duration> patience;   ///< how long callers may wait
  std::set<happening> happenings{}; ///< beside acquire, cancel, give_back and good answers
};

inline constexpr duration forever = duration::max();

struct exploration {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::optional<std::string> complaint; ///< with the shortest trace that leads to it
};

[[nodiscard]] exploration explore(small_world const& that);

/// Of slots and of waiters, but where a world says otherwise.
enum class world_size : std::uint8_t { two = 2, three = 3 };

/// One feature each.
[[nodiscard]] std::vector<small_world> small_worlds(world_size size);

} // namespace conecta::property
