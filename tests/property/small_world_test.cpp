// The small worlds to a fixpoint: what holds in all of their states holds, not only in those that
// chance came by.

#include "property/small_world.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

using namespace conecta::property;

TEST_CASE("every_history_of_a_small_pool_goes_as_the_model_says") {
  for (auto const& world : small_worlds()) {
    auto const found = explore(world);
    std::printf("%-32s %8zu states %9zu transitions\n", world.name.c_str(), found.states,
                found.transitions);
    if (found.complaint) {
      FAIL(*found.complaint);
    }
    CHECK(found.states > 30); // fewer, and the world has lost what it is about
  }
}
