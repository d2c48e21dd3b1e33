#pragma once

// One seed's world: a pool's options, what goes wrong and how often, how callers behave. Each seed
// leaves out some of it (swarm testing: Groce et al., ISSTA 2012), so that what one feature would
// always hide is seen without it.

#include "sim/simulation.hpp"

namespace conecta::sim {

/// Probabilities, but for the first two.
struct habits {
  std::size_t callers = 1;
  duration pace = std::chrono::milliseconds{1}; ///< around which callers think, hold and wait
  double asks_once = 0;                         ///< an acquire that does not wait
  double waits_forever = 0;
  double cancels = 0;
  double cancels_in_spite = 0; ///< a cancel that comes after the grant
  double discards = 0;
  double detaches = 0;
  double repeats = 0; ///< a message that comes once more, later
  double brings = 0;  ///< somebody adds a resource, instead of acquiring one
  double spurns = 0;  ///< a granted resource that is unusable at the first look
  double manages = 0; ///< somebody resizes, suspends, invalidates or evicts instead of acquiring
  double obeys = 0;   ///< an interrupted hook gives up at once
  double timer_is_late = 0;
  bool timer_goes_first = true; ///< of what is due together
  bool drains_amid = false;     ///< the pool is closed while all goes on
};

struct world {
  pool_options pool{};
  bool checks = false;
  bool resets = false;
  bool looks = false;
  plan faults{};
  habits callers{};
  instant start{};
};

[[nodiscard]] world draw_world(settings const& of, std::uint64_t seed);

} // namespace conecta::sim
