#pragma once

// How many file descriptors a scenario needs, and whether this process may have them.

#include "scenario/model.hpp"

#include <cstddef>

namespace conecta::run {

/// An upper bound: pools, relays and embedded servers included.
[[nodiscard]] std::size_t descriptors_needed(scenario::scenario const& what);

/// Raises the soft limit as far as needed. Throws too_few_descriptors if the hard limit is lower.
void require_descriptors(std::size_t count);

} // namespace conecta::run
