#pragma once

// The simplest endpoint of the thread tests: it opens sessions of a ledger.

#include "support/ledger.hpp"

#include <conecta/pool.hpp>

namespace conecta::test {

inline blocking_endpoint<session> opening_from(ledger& book) {
  return {.open = [&book] { return session{book}; }};
}

} // namespace conecta::test
