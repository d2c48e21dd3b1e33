#include "scenario/metric.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace conecta::scenario;

TEST_CASE("a_metric_is_a_path_below_a_block") {
  CHECK(unit_of_metric("wait.p99") == metric_unit::duration);
  CHECK(unit_of_metric("total.p99_9") == metric_unit::duration);
  CHECK(unit_of_metric("total_uncorrected.max") == metric_unit::duration);
  CHECK(unit_of_metric("open.count") == metric_unit::count);
  CHECK(unit_of_metric("requests.error_ratio") == metric_unit::ratio);
  CHECK(unit_of_metric("requests.rate_per_s") == metric_unit::per_second);
  CHECK(unit_of_metric("pool.closed_by.idle") == metric_unit::count);
  CHECK(unit_of_metric("pool.evicted_by.lifetime") == metric_unit::count);
  CHECK(unit_of_metric("pool.churn_per_s") == metric_unit::per_second);
  CHECK(unit_of_metric("pool.checks.failed") == metric_unit::count);
  CHECK(unit_of_metric("pool.peak.waiters") == metric_unit::count);
  CHECK(unit_of_metric("recovered_after") == metric_unit::duration);
  CHECK(unit_of_metric("injected") == metric_unit::count);
}

TEST_CASE("what_is_almost_a_metric_is_none") {
  for (auto const* path : {"", "wait", "wait.", ".p99", "wait.p95", "wait.p99_ns",
                           "latency.wait.p99", "Wait.p99", "pool", "pool.closed_by",
                           "pool.closed_by.boredom", "pool.evicted_by.shutdown", "errors", "p99"}) {
    INFO(path);
    CHECK_FALSE(known_metric(path));
  }
}

TEST_CASE("every_metric_is_listed_once_and_known") {
  auto const& all = all_metrics();
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
  CHECK(std::all_of(all.begin(), all.end(), [](auto const& path) { return known_metric(path); }));
}

TEST_CASE("only_what_is_of_a_fault_needs_one") {
  for (auto const& path : all_metrics()) {
    CHECK(needs_fault(path) == (path == "recovered_after" || path == "injected"));
  }
}
