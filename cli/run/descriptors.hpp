#pragma once

// How many file descriptors a scenario needs, and whether this process may have them.

#include "scenario/model.hpp"

#include <cstddef>

namespace conecta::run {

/// An upper bound for each process: pools, relays and embedded servers included, and where those
/// have a process of their own, for the one that needs more.
[[nodiscard]] std::size_t descriptors_needed(scenario::scenario const& what);

/// Raises the soft limit to `count`, or as far as may be, and returns it.
[[nodiscard]] std::size_t raise_descriptor_limit(std::size_t count);
/// To what it was when the process began, for the program that takes its place.
void restore_descriptor_limit();

/// Does so. Throws too_few_descriptors if the hard limit is lower.
void require_descriptors(std::size_t count);

} // namespace conecta::run
