// How many opens to start: the whole function as a table.

#include "core/sizing.hpp"

#include <catch2/catch.hpp>

using conecta::core::demand;
using conecta::core::opens_to_start;

TEST_CASE("what_is_missing_is_opened_as_far_as_slots_and_concurrency_allow") {
  struct row {
    char const* why;
    demand now;
    std::size_t opens;
  };
  // waiters, min_idle, initial, coming, places, opening, limit
  for (auto const& [why, now, opens] : {
           row{"nobody wants anything", {0, 0, 0, 0, 4, 0, 4}, 0},
           row{"one for each caller", {2, 0, 0, 0, 4, 0, 4}, 2},
           row{"min_idle beside them", {2, 1, 0, 0, 4, 0, 4}, 3},
           row{"what is coming counts", {2, 1, 0, 2, 4, 2, 4}, 1},
           row{"more is coming than wanted", {1, 0, 0, 3, 4, 0, 4}, 0},
           row{"no slot is left", {3, 0, 0, 0, 0, 0, 4}, 0},
           row{"fewer slots than callers", {3, 0, 0, 0, 2, 0, 4}, 2},
           row{"concurrency is used up", {3, 0, 0, 2, 4, 2, 2}, 0},
           row{"more run than may", {3, 0, 0, 2, 4, 2, 1}, 0},
           row{"one may still start", {5, 0, 0, 3, 4, 3, 4}, 1},
           row{"the beginning, while nobody asks", {0, 0, 3, 0, 4, 0, 4}, 3},
           row{"the beginning, of which some open", {0, 0, 3, 1, 4, 1, 4}, 2},
           row{"callers beyond the beginning", {3, 0, 1, 0, 4, 0, 4}, 3},
           row{"none may start during a backoff", {1, 1, 0, 0, 4, 0, 0}, 0},
       }) {
    INFO(why);
    CHECK(opens_to_start(now) == opens);
  }
}
