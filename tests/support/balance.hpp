#pragma once

// The equations that conecta/stats.hpp promises for every snapshot, as one check.

#include <conecta/stats.hpp>

#include <catch2/catch.hpp>

namespace conecta::test {

inline void require_balance(pool_stats const& now) {
  CHECK(now.opened + now.added == now.idle + now.leased + now.checking + now.resetting +
                                      now.closing + now.closed + now.detached);
  CHECK(now.acquired == now.returned + now.detached + now.leased);
}

} // namespace conecta::test
