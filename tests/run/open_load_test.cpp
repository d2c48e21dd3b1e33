// The open model: what comes due, what becomes of it under overload, and from when it is counted.
// Counts of what came due are exact, whatever the machine does; times are compared with times that
// are several times as long.

#include "run/short_run.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace conecta;
using namespace conecta::run_test;
using namespace std::chrono_literals;

namespace {

json open_scenario(std::string const& rate, std::string const& duration = "500ms") {
  auto text = echo_scenario(duration);
  text["workload"].erase("workers");
  text["workload"]["model"] = "open";
  text["workload"]["rate"] = rate;
  return text;
}

/// Two requests under way at most, each of which takes 20 ms: a hundred a second.
json overloaded_scenario(std::string const& rate, std::string const& duration = "500ms") {
  auto text = open_scenario(rate, duration);
  text["endpoints"][0]["target"]["reply_delay"] = "20ms";
  text["workload"]["max_in_flight"] = 2;
  return text;
}

auto const& requests_of(run::result const& found) { return found.total.measured.requests; }

} // namespace

TEST_CASE("as many requests come due as the rate says, and all of them are made") {
  auto const found = run_of(open_scenario("400/s"));
  CHECK(requests_of(found).attempted() == 200);
  CHECK(requests_of(found).failed == 0);
  CHECK(requests_of(found).dropped == 0);
  CHECK(found.total.offered_per_s() == Approx(400));
  CHECK(found.self.schedule_lag.count() == 200);
  CHECK(found.wire.requests_sent == 200);
}

TEST_CASE("each stage has its own rate, and none is a rest") {
  auto text = open_scenario("100/s");
  text["stages"] = {{{"name", "warmup"}, {"duration", "100ms"}, {"record", false}},
                    {{"name", "rest"}, {"duration", "50ms"}, {"rate", "0/s"}},
                    {{"name", "fast"}, {"duration", "100ms"}, {"rate", "1000/s"}},
                    {{"name", "ramp"}, {"duration", "200ms"}, {"from", "0/s"}, {"to", "500/s"}}};
  auto const found = run_of(text);
  CHECK(attempted(found.stages[0].figures) == 10);
  CHECK(attempted(found.stages[1].figures) == 0);
  CHECK(attempted(found.stages[2].figures) == 100);
  CHECK(attempted(found.stages[3].figures) == 50);
  CHECK(found.self.schedule_lag.count() == 150); // what is recorded
  CHECK(found.stages[2].figures.offered_per_s() == Approx(1000));
}

TEST_CASE("what waits for room is late, and counts from when it was due") {
  auto text = overloaded_scenario("400/s", "300ms");
  text["workload"]["request_timeout"] = "1m";
  auto const found = run_of(text);
  auto const& latency = found.total.measured.latency;
  CHECK(requests_of(found).succeeded == 120); // most of them after the stage
  CHECK(requests_of(found).failed == 0);
  CHECK(requests_of(found).dropped == 0);
  CHECK(requests_of(found).late > 100);
  // The one that is due at 270 ms is number 108, and is answered after 1,080 ms at the earliest.
  CHECK(*latency.total.quantile(0.9) > 800ms);
  CHECK(*latency.total_uncorrected.quantile(0.9) < 400ms);
  CHECK(*latency.total_uncorrected.min() >= 20ms);
  CHECK(latency.wait.count() == 120);
}

TEST_CASE("what is still waiting a request_timeout after its stage is dropped") {
  auto text = overloaded_scenario("400/s", "200ms");
  text["workload"]["request_timeout"] = "100ms";
  auto const found = run_of(text);
  CHECK(requests_of(found).attempted() + requests_of(found).dropped == 80);
  CHECK(requests_of(found).dropped >= 40); // 2 in 20 ms, for 300 ms
  CHECK(requests_of(found).succeeded >= 2);
  CHECK(found.total.offered_per_s() == Approx(400));
}

TEST_CASE("what finds no room is dropped at once, if the scenario says so") {
  auto text = overloaded_scenario("400/s");
  text["workload"]["on_overload"] = "drop";
  auto const found = run_of(text);
  CHECK(requests_of(found).attempted() + requests_of(found).dropped == 200);
  CHECK(requests_of(found).dropped >= 140); // 2 in 20 ms, for 500 ms
  CHECK(requests_of(found).succeeded >= 2);
  CHECK(found.endpoints[0].figures.measured.requests.dropped == requests_of(found).dropped);
  // What began, began when it was due, but for the tool's own lag.
  auto const lag = *found.self.schedule_lag.max();
  auto const& latency = found.total.measured.latency;
  CHECK(*latency.total.max() <= *latency.total_uncorrected.max() + lag + 1ms);
}

TEST_CASE("a slow server does not slow the schedule down") {
  auto text = open_scenario("200/s");
  text["pool"]["max_size"] = 100;
  text["endpoints"][0]["target"]["reply_delay"] = "300ms";
  auto const found = run_of(text);
  CHECK(requests_of(found).attempted() == 100);
  CHECK(requests_of(found).succeeded == 100);
  REQUIRE(found.total.pool.peak);
  CHECK(found.total.pool.peak->leased >= 30); // of 60 that come due in 300 ms
}

TEST_CASE("what the n-th request asks depends on the seed and n alone") {
  auto text = open_scenario("400/s");
  text["endpoints"] = {{{"id", "a"}, {"target", {{"kind", "tcp-echo"}}}, {"weight", 3}},
                       {{"id", "b"}, {"target", {{"kind", "tcp-echo"}}}}};
  auto const first = run_of(text);
  auto slower = text;
  slower["endpoints"][1]["target"]["reply_delay"] = "30ms";
  auto const second = run_of(slower);
  auto const of_b = attempted(first.endpoints[1].figures);
  CHECK(of_b > 20);
  CHECK(of_b < 90);
  CHECK(attempted(second.endpoints[1].figures) == of_b);
}

TEST_CASE("a request that gets no connection has failed, and the next comes due all the same") {
  auto text = overloaded_scenario("200/s");
  text["workload"]["max_in_flight"] = 1000;
  text["pool"] = {{"max_size", 1}, {"acquire_timeout", "30ms"}};
  auto const found = run_of(text);
  CHECK(requests_of(found).attempted() == 100);
  CHECK(requests_of(found).failed >= 50); // one in 20 ms is answered
  CHECK(found.total.pool.timed_out == requests_of(found).failed);
  CHECK(requests_of(found).dropped == 0);
}

TEST_CASE("a server that stalls is in total, and hardly in total_uncorrected") {
  auto text = open_scenario("200/s", "1s");
  text["workload"]["max_in_flight"] = 2;
  text["workload"]["request_timeout"] = "1m";
  text["faults"] = {{{"id", "stall"},
                     {"endpoint", "a"},
                     {"type", "latency"},
                     {"delay", "400ms"},
                     {"at", "steady+300ms"},
                     {"for", "400ms"}}};
  auto const found = run_of(text);
  auto const& latency = found.total.measured.latency;
  CHECK(requests_of(found).succeeded == 200);
  // 80 come due meanwhile: 20 of them more than 300 ms before its end. Two wait for their reply.
  CHECK(*latency.total.quantile(0.9) > 250ms);
  CHECK(*latency.total_uncorrected.quantile(0.9) < 125ms);
  CHECK(*latency.total_uncorrected.max() > 390ms);
  CHECK(found.faults[0].figures.measured.requests.attempted() == 80);
  CHECK(found.faults[0].injected >= 2);
}
