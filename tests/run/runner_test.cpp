// How a load is run, by what the results of short runs against embedded servers say.

#include "run/short_run.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <string>

using namespace conecta;
using namespace conecta::run_test;
using namespace std::chrono_literals;

TEST_CASE("a request counts in the stage that it began in") {
  auto text = echo_scenario();
  text["endpoints"][0]["target"]["reply_delay"] = "150ms";
  text["stages"] = {{{"name", "busy"}, {"duration", "100ms"}},
                    {{"name", "idle"}, {"duration", "200ms"}, {"workers", 0}}};
  auto const found = run_of(text);
  CHECK(attempted(found.stages[0].figures) == 4); // one a worker; answered in the next stage
  CHECK(found.stages[0].figures.measured.requests.failed == 0);
  CHECK(attempted(found.stages[1].figures) == 0);
}

TEST_CASE("a stage that is not recorded is on the wire, but in no figure") {
  auto text = echo_scenario();
  text["stages"] = {{{"name", "warmup"}, {"duration", "100ms"}, {"record", false}},
                    {{"name", "steady"}, {"duration", "100ms"}}};
  auto const found = run_of(text);
  auto const warm = attempted(found.stages[0].figures);
  CHECK(warm > 0);
  CHECK(attempted(found.total) == attempted(found.stages[1].figures));
  CHECK(found.wire.requests_sent == warm + attempted(found.total));
  CHECK(found.total.recorded == 100ms);
}

TEST_CASE("each stage has its own number of workers") {
  auto text = echo_scenario();
  text["pool"]["max_size"] = 16;
  text["endpoints"][0]["target"]["reply_delay"] = "1s"; // everybody waits for the first reply
  text["workload"]["request_timeout"] = "20ms";
  text["stages"] = {{{"name", "two"}, {"duration", "15ms"}, {"workers", 2}},
                    {{"name", "none"}, {"duration", "100ms"}, {"workers", 0}},
                    {{"name", "nine"}, {"duration", "15ms"}, {"workers", 9}}};
  auto const found = run_of(text);
  CHECK(attempted(found.stages[0].figures) == 2);
  CHECK(attempted(found.stages[1].figures) == 0);
  CHECK(attempted(found.stages[2].figures) == 9);
  CHECK(found.total.measured.requests.failed == 11);
}

TEST_CASE("endpoints are drawn by their weight, then a request among theirs") {
  auto text = echo_scenario("500ms");
  text["endpoints"] = {{{"id", "a"}, {"target", {{"kind", "tcp-echo"}}}, {"weight", 3}},
                       {{"id", "b"}, {"target", {{"kind", "udp-echo"}}}, {"weight", 1}}};
  text["workload"]["requests"] = {
      {{"endpoints", {"a"}}, {"send", "{{nonce}}\n"}, {"reply", {{"echo", true}}}},
      {{"endpoints", {"b"}}, {"send", "{{seq}}"}}};
  auto const found = run_of(text);
  auto const all = static_cast<double>(attempted(found.total));
  auto const of_a = static_cast<double>(attempted(found.endpoints[0].figures));
  CHECK(found.total.measured.requests.failed == 0);
  CHECK(all > 200);
  CHECK(std::abs(of_a - 0.75 * all) < 4 * std::sqrt(all * 0.75 * 0.25));
}

TEST_CASE("a worker that thinks or holds asks that much more rarely") {
  auto const key = GENERATE("think", "hold");
  auto text = echo_scenario("400ms");
  text["workload"]["workers"] = 1;
  text["workload"][key] = "50ms";
  auto const found = run_of(text);
  CHECK(attempted(found.total) >= 2);
  CHECK(attempted(found.total) <= 8);
}

TEST_CASE("who gets no lease in time failed to acquire, and everything else goes on") {
  auto text = echo_scenario("400ms");
  text["pool"] = {{"max_size", 1}, {"acquire_timeout", "20ms"}};
  text["workload"]["workers"] = 2;
  text["workload"]["hold"] = "100ms";
  auto const found = run_of(text);
  auto const rows = found.total.measured.errors.sorted();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].where == run::phase::acquire);
  CHECK(rows[0].kind == net::error_kind::timeout);
  CHECK(rows[0].count == found.total.measured.requests.failed);
  CHECK(found.total.pool.timed_out == rows[0].count);
  CHECK(found.total.measured.requests.succeeded > 0);
}

TEST_CASE("wait and service add up to the total") {
  auto const found = run_of(echo_scenario());
  auto const& latency = found.total.measured.latency;
  auto const count = found.total.measured.requests.succeeded;
  CHECK(latency.wait.count() == count);
  CHECK(latency.service.count() == count);
  CHECK(latency.total.count() == count);
  CHECK(latency.open.count() == found.total.pool.opened);
  CHECK(*latency.total.mean() ==
        Approx(*latency.wait.mean() + *latency.service.mean()).epsilon(0.01));
}

TEST_CASE("in a closed loop the real start is the intended one") {
  auto const found = run_of(echo_scenario());
  auto const& latency = found.total.measured.latency;
  CHECK(latency.total.count() > 0);
  CHECK(latency.total == latency.total_uncorrected);
  CHECK(found.total.measured.requests.late == 0);
}

TEST_CASE("a run has a point a second, and the peak of the pools together") {
  auto text = echo_scenario("1100ms");
  text["endpoints"] = {{{"id", "a"}, {"target", {{"kind", "tcp-echo"}}}},
                       {{"id", "b"}, {"target", {{"kind", "tcp-echo"}}}}};
  auto const found = run_of(text);
  REQUIRE(found.series.size() >= 2);
  CHECK(found.series[0].at >= 1s);
  CHECK(found.series[0].requests > 0);
  REQUIRE(found.total.pool.peak);
  CHECK(found.total.pool.peak->leased <= 4); // four workers, whatever the pools allow
  CHECK(found.self.cpu_ratio > 0);
}
