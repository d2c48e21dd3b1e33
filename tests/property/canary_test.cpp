// A checker that has never failed proves nothing: here each must fail. The core is built with bugs
// in it, one selected at a time, and every layer that should notice has to.

#include "mutants/layers.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <string>

using namespace conecta;
using namespace conecta::mutants;
using core::bug;

TEST_CASE("every_planted_bug_is_caught_by_every_checker") {
  std::printf("%-26s %16s %14s %14s %14s\n", "bug", "random: history", "invariants", "small world",
              "corpus inputs");
  std::size_t bugs_that_break_an_invariant = 0;
  for (std::size_t index = 0; index < core::bug_count; ++index) {
    auto const which = static_cast<bug>(index);
    auto const name = std::string{core::bug_names[index]};
    planting const planted{which};
    auto const random = histories_until_caught();
    auto const world = world_that_catches();
    auto const inputs = inputs_that_catch();
    auto const broken = histories_that_break_an_invariant();
    bugs_that_break_an_invariant += broken > 0 ? 1U : 0U;
    std::printf("%-26s %16zu %14zu %14zu %14zu\n", name.c_str(), random, broken, world, inputs);
    CAPTURE(name);
    if (which == bug::none) {
      CHECK(random + broken + world + inputs == 0);
      continue;
    }
    CHECK(random > 0);
    CHECK(inputs > 0);
    // Small worlds have no chance in them, and so no lifetime that could be drawn again.
    CHECK((world > 0) == (which != bug::check_draws_lifetime));
  }
  // Invariants know nothing of who was served or when; some of the bugs they must see.
  CHECK(bugs_that_break_an_invariant >= 5);
}
