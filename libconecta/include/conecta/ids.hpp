#pragma once

// Names for a slot of a pool and for a caller in its queue. Each carries a generation, so that a
// message about an earlier use of the same place is recognised as stale and refused.

#include <compare>
#include <cstdint>

namespace conecta {

/// One use of one slot: the index is fixed, 0 to max_size - 1.
struct slot_ref {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(slot_ref const&, slot_ref const&) = default;
};

/// One call of acquire.
struct ticket {
  std::uint32_t place = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(ticket const&, ticket const&) = default;
};

} // namespace conecta
