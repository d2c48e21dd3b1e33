// A checker that has never failed proves nothing: with a bug planted in the core the simulator must
// complain, and without one it must not.

#include "mutants/layers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>

using namespace conecta;
using namespace conecta::mutants;
using core::bug;

namespace {

/// What the books know nothing of: for whom a check runs, when a replacement is due.
constexpr bug not_seen[]{bug::bad_check_is_retried, bug::replacement_comes_late};

} // namespace

TEST_CASE("every_planted_bug_that_the_books_can_know_of_is_caught") {
  CHECK(seeds_that_catch(sim::inspection::every_event).seeds == 0);
  std::printf("%-26s %6s %11s  %s\n", "bug", "seeds", "books alone", "the first says");
  for (std::size_t index = 1; index < core::bug_count; ++index) {
    auto const which = static_cast<bug>(index);
    auto const name = std::string{core::bug_names[index]};
    planting const planted{which};
    auto const found = seeds_that_catch(sim::inspection::every_event);
    auto const by_books = seeds_that_catch(sim::inspection::sampled);
    std::printf("%-26s %6zu %11zu  %.80s\n", name.c_str(), found.seeds, by_books.seeds,
                found.what.c_str());
    CAPTURE(name);
    auto const blind = std::find(std::begin(not_seen), std::end(not_seen), which);
    CHECK((found.seeds > 0) == (blind == std::end(not_seen)));
    CHECK((by_books.seeds > 0) == (blind == std::end(not_seen)));
  }
}
