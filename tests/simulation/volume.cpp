// Many transitions in little time: optimised, with the books after every event and the machine's
// invariants now and then; each seed twice. Prints what it did, and fails at the first seed that
// broke a promise or did not repeat. Usage: conecta_simulation_volume [TRANSITIONS [FIRST_SEED]]

#include "sim/simulation.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace conecta;

namespace {

int explain(sim::settings const& of, sim::run_report const& run) {
  std::printf("seed %llu, step %llu: %s\n%s", static_cast<unsigned long long>(run.seed),
              static_cast<unsigned long long>(run.broken->step), run.broken->what.c_str(),
              sim::trace_of(of, run.seed).c_str());
  return 1;
}

} // namespace

int main(int count, char** arguments) {
  std::uint64_t const wanted = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 50'000'000;
  std::uint64_t const first = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
  sim::settings const of{.steps = 10'000, .inspect = sim::inspection::sampled};
  std::uint64_t transitions = 0;
  std::uint64_t fed = 0;
  std::uint64_t hash = 0;
  sim::mark_set marks;
  auto const start = std::chrono::steady_clock::now();
  auto seed = first;
  for (; transitions < wanted; ++seed) {
    auto const run = sim::simulate(of, seed);
    if (run.broken) {
      return explain(of, run);
    }
    auto const again = sim::simulate(of, seed);
    if (again.hash != run.hash) {
      std::printf("seed %llu does not repeat\n", static_cast<unsigned long long>(seed));
      return 1;
    }
    transitions += run.steps;
    fed += run.steps + again.steps;
    marks.add(run.marks);
    hash = (hash ^ run.hash) * 0x100000001b3U;
  }
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
  std::printf("%llu transitions of %llu seeds, each twice with equal hashes, in %.1f s: "
              "%.2f million/s\nhash %016llx\n",
              static_cast<unsigned long long>(transitions),
              static_cast<unsigned long long>(seed - first), took.count(),
              static_cast<double>(fed) / took.count() / 1e6, static_cast<unsigned long long>(hash));
  for (std::size_t i = 0; i < sim::mark_count; ++i) {
    if (!marks.has(i)) {
      std::printf("never came up: %.*s\n", static_cast<int>(sim::mark_names[i].size()),
                  sim::mark_names[i].data());
    }
  }
  return marks.size() == sim::mark_count ? 0 : 1;
}
