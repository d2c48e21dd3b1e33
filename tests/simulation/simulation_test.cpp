// The pool under a virtual clock, with faults under a seed. Replay a failure with the seed that it
// prints: sim::trace_of gives its history as text.

#include "simulation/batch.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <set>

using namespace conecta;
using namespace conecta::simulation;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seeds = 1000;

void require_sound(sim::settings const& of, batch_report const& batch) {
  for (auto const& run : batch.broken) {
    FAIL_CHECK(explained(of, run));
    break;
  }
  CHECK(batch.broken.empty());
  CHECK(batch.not_repeated == std::vector<std::uint64_t>{});
}

/// A pool with everything, and one kind of fault in nine of ten hooks.
sim::settings with_fault(sim::hook at, sim::outcome what) {
  sim::settings of;
  of.pool = pool_options{.max_size = 4,
                         .min_idle = 1,
                         .max_waiters = 8,
                         .open_timeout = 20ms,
                         .check_timeout = 5ms,
                         .reset_timeout = 5ms,
                         .close_timeout = 5ms,
                         .scan_interval = 50ms,
                         .check_retries = 1,
                         .idle_timeout = 200ms,
                         .max_lifetime = 1s,
                         .returned = on_return::reset};
  of.faults = sim::plan{{at, what, 0.9, 3ms, 2ms}};
  of.steps = 800;
  return of;
}

} // namespace

TEST_CASE("no_seed_breaks_a_promise_and_each_runs_twice_the_same") {
  sim::settings const of;
  auto const batch = run_batch(of, 1, seeds);
  require_sound(of, batch);
  CHECK(missing_marks(batch.marks) == std::vector<std::string>{});
  for (std::size_t h = 0; h < sim::hook_count; ++h) {
    for (std::size_t o = 0; o < sim::outcome_count; ++o) {
      auto const at = static_cast<sim::hook>(h);
      auto const what = static_cast<sim::outcome>(o);
      CAPTURE(sim::name_of(at), sim::name_of(what));
      CHECK((batch.outcomes[h][o] > 0) == sim::fits(at, what));
    }
  }
  // .ci/run compares the hash of one compiler's build with that of another's.
  std::printf("%llu transitions, %zu of %zu situations\nhash of %llu seeds: %016llx\n",
              static_cast<unsigned long long>(batch.transitions), batch.marks.size(),
              sim::mark_count, static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(batch.hash));
}

TEST_CASE("another_seed_is_another_history") {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    hashes.insert(sim::simulate({.steps = 200}, seed).hash);
  }
  CHECK(hashes.size() == 50);
}

TEST_CASE("service_resumes_after_any_one_fault_that_hits_nearly_every_hook") {
  for (std::size_t h = 0; h < sim::hook_count; ++h) {
    for (std::size_t o = 0; o < sim::outcome_count; ++o) {
      auto const at = static_cast<sim::hook>(h);
      auto const what = static_cast<sim::outcome>(o);
      if (!sim::fits(at, what)) {
        continue;
      }
      CAPTURE(sim::name_of(at), sim::name_of(what));
      auto const of = with_fault(at, what);
      auto const batch = run_batch(of, 1, 20);
      require_sound(of, batch);
      CHECK(batch.outcomes[h][o] > 0);
    }
  }
}

TEST_CASE("a_backend_that_never_answered_is_back_when_the_faults_stop") {
  auto of = with_fault(sim::hook::open, sim::outcome::hang);
  of.faults->front().probability = 1;
  of.faults->front().delay = 24h;
  require_sound(of, run_batch(of, 1, 20));
}

TEST_CASE("pools_of_one_and_of_many_hold_as_well") {
  for (std::size_t const size : {1U, 64U}) {
    auto of = with_fault(sim::hook::open, sim::outcome::late);
    of.pool->max_size = size;
    of.pool->min_idle = size / 2;
    of.callers = 2 * size;
    of.faults->front().probability = 0.3;
    require_sound(of, run_batch(of, 1, 10));
  }
}
