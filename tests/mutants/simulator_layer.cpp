#include "mutants/layers.hpp"

namespace conecta::mutants {

finding seeds_that_catch(sim::inspection inspect) {
  constexpr std::uint64_t seeds = 400;
  finding found;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    auto const run = sim::simulate({.steps = 1000, .inspect = inspect}, seed);
    if (!run.broken) {
      continue;
    }
    if (++found.seeds == 1) {
      found.what = run.broken->what;
    }
  }
  return found;
}

} // namespace conecta::mutants
