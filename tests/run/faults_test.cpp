// Faults of a run, by what its result says of them.

#include "run/short_run.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::run_test;
using namespace std::chrono_literals;

namespace {

json fault_keys(std::string const& type, std::string const& length) {
  return {{"id", "f"}, {"endpoint", "a"}, {"type", type}, {"at", "steady+100ms"}, {"for", length}};
}

} // namespace

TEST_CASE("a fault that is repeated has one span, and the requests of its windows alone") {
  auto text = echo_scenario("1200ms");
  text["workload"]["think"] = "1ms";
  auto slow = fault_keys("slow_reply", "100ms");
  slow["delay"] = "10ms";
  slow["repeat"] = {{"every", "400ms"}, {"count", 3}};
  text["faults"] = json::array({slow});
  auto const found = run_of(text);
  auto const& result = found.faults.at(0);
  CHECK(result.start == 100ms);
  CHECK(result.end == 1s);
  CHECK(result.figures.recorded == 300ms); // in which they were counted
  auto const inside = attempted(result.figures);
  CHECK(inside > 0);
  CHECK(inside < attempted(found.total));
  // A request that is meant for a window may reach the server before it opens there, or after.
  auto const slack = 4U * 3U;
  CHECK(result.injected + slack >= inside);
  CHECK(result.injected <= inside + slack);
  CHECK(*result.figures.measured.latency.total.quantile(0.5) >= 10ms);
}

TEST_CASE("faults of a target are counted there, beside those of the relay in front of it") {
  auto text = echo_scenario("600ms");
  auto restart = fault_keys("restart", "200ms");
  restart["down"] = "50ms";
  auto late = fault_keys("latency", "200ms");
  late["id"] = "late";
  late["delay"] = "1ms";
  text["faults"] = {restart, late};
  auto const found = run_of(text);
  CHECK(found.faults.at(0).injected == 1);
  CHECK(found.faults.at(1).injected > 0);
  CHECK(found.total.pool.opened >
        4); // whether a request failed is chance: its reply may be on its way
}

TEST_CASE("a server that restarts is reached again by itself, without a relay") {
  auto text = echo_scenario("800ms");
  text["invariants"] = true;
  auto restart = fault_keys("restart", "300ms");
  restart["down"] = "100ms";
  text["faults"] = json::array({restart});
  auto const found = run_of(text);
  CHECK(found.faults.at(0).injected == 1);
  CHECK(found.endpoints.at(0).wire.connections_established > 4);
  CHECK(attempted(found.total) > found.total.measured.requests.failed);
  for (auto const& each : found.invariants) {
    CAPTURE(each.name, each.detail);
    CHECK(each.judged != run::invariant_result::status::violated);
  }
}

TEST_CASE("nobody recovers from a fault that never struck") {
  auto text = echo_scenario("800ms");
  text["invariants"] = true;
  auto roomy = fault_keys("max_connections", "100ms");
  roomy["n"] = 100;
  text["faults"] = json::array({roomy});
  auto const threshold = [](char const* metric, char const* bound, json limit) {
    return json{{"metric", metric}, {"fault", "f"}, {bound, std::move(limit)}};
  };
  text["thresholds"] = {threshold("recovered_after", "max", "1s"), threshold("injected", "min", 1),
                        threshold("injected", "equals", 0)};
  auto const found = run_of(text);
  CHECK(found.faults.at(0).injected == 0);
  CHECK_FALSE(found.faults.at(0).recovered.after);
  CHECK(found.thresholds.at(0).reason == "the fault never struck");
  CHECK_FALSE(found.thresholds.at(0).ok());
  CHECK_FALSE(found.thresholds.at(1).ok());
  CHECK(found.thresholds.at(2).ok());
}
