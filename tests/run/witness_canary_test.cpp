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

/// The connections are used up while no other can be opened, and then there is nothing to do. The
/// pause after a failure is longer than an open may take, so that no timer of an open ends it.
json outage_before_a_rest(char const* how_long) {
  auto text = judged_scenario();
  text["pool"].update({{"max_uses", 1},
                       {"min_idle", 2},
                       {"acquire_timeout", "50ms"},
                       {"open_timeout", "30ms"},
                       {"scan_interval", "50ms"},
                       {"backoff", {{"initial", "200ms"}, {"limit", "200ms"}, {"jitter", 0}}}});
  text["stages"] = {{{"name", "steady"}, {"duration", "400ms"}},
                    {{"name", "rest"}, {"duration", "2s"}, {"workers", 0}}};
  text["faults"] = {{{"id", "gone"},
                     {"endpoint", "a"},
                     {"type", "refuse"},
                     {"at", "steady+100ms"},
                     {"for", how_long}}};
  return text;
}

} // namespace

TEST_CASE("a pool without a bug keeps what it is judged by, and leaves no trace") {
  auto const done = bench(judged_scenario());
  for (auto const* const name : {"no_leak", "cap", "conservation", "no_bad_lease", "deadlines"}) {
    CAPTURE(name);
    CHECK(of(done.found, name) == run::invariant_result::status::held);
  }
  CHECK(of(done.found, "own_reply") == run::invariant_result::status::held);
  CHECK(of(done.found, "idle_in_time") == run::invariant_result::status::not_judged);
  CHECK(of(done.found, "min_idle_restored") == run::invariant_result::status::not_judged);
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

TEST_CASE("a pool restores its min_idle after an outage, and does not give up while it lasts") {
  auto const short_one = bench(outage_before_a_rest("500ms"));
  CHECK(of(short_one.found, "min_idle_restored") == run::invariant_result::status::held);
  CHECK(short_one.found.judged == run::verdict::pass);
  auto const long_one = outage_before_a_rest("2300ms"); // to the end
  auto const well = bench(long_one);
  CHECK(of(well.found, "min_idle_restored") != run::invariant_result::status::violated);
  CHECK(well.found.judged == run::verdict::pass);

  core::planted_bug = core::bug::failed_open_wakes_nobody;
  auto const done = bench(long_one);
  core::planted_bug = core::bug::none;
  CHECK(of(done.found, "min_idle_restored") == run::invariant_result::status::violated);
  CHECK(done.found.judged == run::verdict::fail);
  CHECK_FALSE(done.trace.empty());
}
