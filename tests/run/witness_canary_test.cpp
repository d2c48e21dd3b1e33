// A judge that has never complained proves nothing: a bench of a pool with a planted bug must fail,
// and its trace must show the core, without the bug, where it went wrong.

#include "core/planted.hpp"
#include "run/runner.hpp"
#include "run/short_run.hpp"
#include "scenario/load.hpp"
#include "sim/replay.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::run_test;

namespace {

run::finished_run bench(json const& text) {
  auto const nothing = [](std::string const&) { return std::optional<std::string>{}; };
  auto const loaded = scenario::load_text(text.dump(), "test", {}, nothing);
  REQUIRE(std::holds_alternative<scenario::scenario>(loaded));
  return run::run_scenario(std::get<scenario::scenario>(loaded), {});
}

json judged_scenario() {
  auto text = echo_scenario();
  text["invariants"] = true;
  text["pool"]["max_uses"] = 5;
  return text;
}

run::invariant_result::status of(run::result const& found, std::string_view name) {
  for (auto const& each : found.invariants) {
    if (each.name == name) {
      CHECK(each.endpoint == "a");
      return each.judged;
    }
  }
  FAIL("there is no " << name);
  return {};
}

} // namespace

TEST_CASE("a pool without a bug keeps what it is judged by, and leaves no trace") {
  auto const done = bench(judged_scenario());
  for (auto const* const name : {"no_leak", "cap", "conservation", "no_bad_lease", "deadlines"}) {
    CAPTURE(name);
    CHECK(of(done.found, name) == run::invariant_result::status::held);
  }
  CHECK(of(done.found, "idle_in_time") == run::invariant_result::status::not_judged);
  CHECK(done.found.judged == run::verdict::pass);
  CHECK(done.trace.empty());
}

TEST_CASE("a planted bug fails the run, with a trace that replay reads up to it") {
  core::planted_bug = core::bug::uses_off_by_one;
  auto const done = bench(judged_scenario());
  auto const with_bug = sim::replay(done.trace);
  core::planted_bug = core::bug::none;
  CHECK(of(done.found, "no_bad_lease") == run::invariant_result::status::violated);
  CHECK(done.found.judged == run::verdict::fail);
  REQUIRE_FALSE(done.trace.empty());
  CHECK(with_bug.verdict != sim::replay_verdict::malformed);
  CHECK(with_bug.verdict != sim::replay_verdict::different); // it comes out as it did
  auto const without = sim::replay(done.trace);
  CAPTURE(without.what);
  CHECK(without.verdict == sim::replay_verdict::different);
}
