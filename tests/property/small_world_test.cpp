// The small worlds to a fixpoint: what holds in all of their states holds, not only in those that
// chance came by.

#include "property/small_world.hpp"
#include "threads/witness.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

using namespace conecta::property;

namespace {

/// Under a sanitizer, where it is memory that is looked at, smaller ones do.
constexpr auto size = conecta::test::slowness > 1 ? world_size::two : world_size::three;

} // namespace

TEST_CASE("every_history_of_a_small_pool_goes_as_the_model_says") {
  std::size_t states = 0;
  std::size_t transitions = 0;
  for (auto const& world : small_worlds(size)) {
    auto const found = explore(world);
    std::printf("%-32s %8zu states %9zu transitions\n", world.name.c_str(), found.states,
                found.transitions);
    std::fflush(stdout);
    if (found.complaint) {
      FAIL(*found.complaint);
    }
    CHECK(found.states > 30); // fewer, and the world has lost what it is about
    states += found.states;
    transitions += found.transitions;
  }
  std::printf("%-32s %8zu states %9zu transitions\n", "all", states, transitions);
}
