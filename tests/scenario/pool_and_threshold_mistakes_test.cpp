// Mistakes that only several keys together make: options of a pool, and what a threshold asks for.

#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

lines with_threshold(std::string keys) {
  parts written;
  written.thresholds = ", \"thresholds\": [ { " + keys + " } ]";
  return complaints(written);
}

} // namespace

TEST_CASE("min_idle is at most max_size, whichever of them an endpoint gives") {
  CHECK(with_pool(R"("max_size": 4, "min_idle": 5)") ==
        lines{"test.json:3: /pool/min_idle: found min_idle 5 and max_size 4; allowed: min_idle at "
              "most max_size"});
  CHECK(with_pool(R"("max_size": 0, "min_idle": 5)").size() == 1);
  CHECK(with_endpoints(
            R"({ "id": "a", "target": { "kind": "tcp-echo" }, "pool": { "min_idle": 9 } })") ==
        lines{"test.json:2: /endpoints/0/pool/min_idle: found min_idle 9 and max_size 4; allowed: "
              "min_idle at most max_size"});
}

TEST_CASE("options that contradict each other are named where they are given") {
  CHECK(with_pool(R"("max_size": 4, "initial_size": 5)") ==
        lines{"test.json:3: /pool/initial_size: found initial_size 5; allowed: 0 to max_size and "
              "max_idle (4)"});
  CHECK(with_pool(R"("min_idle": 2, "max_idle": 1)") ==
        lines{"test.json:3: /pool/max_idle: found max_idle 1; allowed: 2 to 16777216"});
  CHECK(with_pool(R"("leak_threshold": "5ms", "reclaim_after": "1ms")") ==
        lines{"test.json:3: /pool/reclaim_after: found reclaim_after 1ms; allowed: longer "
              "than leak_threshold, which it needs, to 10 years"});
  CHECK(with_pool(R"("max_waiters": 0, "check_on_acquire": "always")").size() == 1);
  CHECK(with_pool(R"("backoff": { "initial": "5s", "limit": "1s" })").size() == 1);
  CHECK(with_pool(R"("max_uses": null, "max_idle": null, "fairness": "barging")") == lines{});
}

TEST_CASE("a threshold asks for a metric that exists, in its unit") {
  CHECK(with_threshold(R"("metric": "wait.p98", "max": "1ms")") ==
        lines{"test.json:7: /thresholds/0/metric: found \"wait.p98\", no such metric; did you mean "
              "\"wait.p90\"?; allowed: a path such as \"wait.p99\", \"requests.error_ratio\" or "
              "\"pool.closed_by.idle\""});
  CHECK(with_threshold(R"("metric": "wait.p99", "max": 5)") ==
        lines{"test.json:7: /thresholds/0/max: found 5, and the metric is a duration; allowed: a "
              "text such as \"5ms\""});
  CHECK(with_threshold(R"("metric": "requests.error_ratio", "max": 1.01)") ==
        lines{"test.json:7: /thresholds/0/max: found 1.01, and the metric is a ratio; allowed: a "
              "number from 0 to 1"});
  CHECK(with_threshold(R"("metric": "pool.closed_by.idle", "equals": 1.5)") ==
        lines{"test.json:7: /thresholds/0/equals: found 1.5, and the metric is a count; allowed: a "
              "whole number"});
  CHECK(with_threshold(R"("metric": "requests.failed", "max": -1)") ==
        lines{"test.json:7: /thresholds/0/max: found -1; allowed: a number from 0, or a text such "
              "as \"5ms\""});
  CHECK(with_threshold(R"("metric": "injected", "min": 1)") ==
        lines{"test.json:7: /thresholds/0/metric: found \"injected\", which is of a fault; "
              "add \"fault\": its id"});
  CHECK(with_threshold(R"("metric": "requests.rate_per_s", "min": "5000/h")") ==
        lines{"test.json:7: /thresholds/0/min: found \"5000/h\", and the metric is a rate; "
              "allowed: a text such as \"5000/s\""});
  CHECK(with_threshold(R"("metric": "requests.rate_per_s", "min": "5000/s")") == lines{});
  CHECK(with_threshold(R"("metric": "wait.p99")") ==
        lines{"test.json:7: /thresholds/0: found none; allowed: exactly one of \"max\", \"min\", "
              "\"equals\""});
  CHECK(with_threshold(R"("metric": "wait.p99", "max": "1s", "stage": "s")") ==
        lines{"test.json:7: /thresholds/0/stage: found \"s\", no such stage; allowed: \"steady\""});
  CHECK(with_threshold(R"("metric": "wait.p99", "max": "1s", "fault": "f")") ==
        lines{"test.json:7: /thresholds/0/fault: found \"f\", no such fault; allowed: nothing, "
              "there is none"});
  CHECK(with_threshold(R"("metric": "recovered_after", "max": "1s")") ==
        lines{"test.json:7: /thresholds/0/metric: found \"recovered_after\", which is of a fault; "
              "add \"fault\": its id"});
  CHECK(with_threshold(R"("metric": "pool.peak.live", "max": 4, "stage": "steady")") ==
        lines{"test.json:7: /thresholds/0/stage: peaks are of the whole run: leave out \"stage\" "
              "and \"fault\""});
  CHECK(
      with_threshold(R"("metric": "requests.offered_per_s", "min": 4)") ==
      lines{"test.json:7: /thresholds/0/metric: found \"requests.offered_per_s\", which is of the "
            "open model, and this workload is closed"});
}
