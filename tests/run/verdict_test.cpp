#include "run/verdict.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace conecta;
using namespace conecta::run;
using namespace conecta::scenario;
using namespace std::chrono_literals;

namespace {

// 90 requests that waited 1 ms, 10 that waited 4 ms, 2 failures, in 10 s.
block sample_block() {
  block out;
  out.recorded = 10s;
  out.offered = 110;
  out.measured.latency.wait.record(1ms, 90);
  out.measured.latency.wait.record(4ms, 10);
  out.measured.requests.succeeded = 98;
  out.measured.record_failure(phase::receive, error_kind::reset, "connection reset");
  out.measured.record_failure(phase::receive, error_kind::reset, "connection reset");
  out.pool.opened = 5;
  out.pool.closed = 3;
  out.pool.closed_by[close_reason::idle] = 2;
  out.pool.closed_by[close_reason::broken] = 1;
  out.pool.evicted_by[close_reason::idle] = 2;
  out.pool.acquired = 100;
  out.pool.checks_ok = 7;
  out.pool.checks_failed = 1;
  out.pool.churned = 8;
  out.pool.churned_over = 10s;
  return out;
}

result sample() {
  result out;
  out.total = sample_block();
  stage_result stage;
  stage.name = "steady";
  stage.figures.measured.requests.succeeded = 40;
  stage.figures.measured.latency.wait.record(2ms, 40);
  out.stages.push_back(stage);
  endpoint_result endpoint;
  endpoint.id = "cache";
  endpoint.figures.measured.requests.succeeded = 60;
  out.endpoints.push_back(endpoint);
  cell_result cell;
  cell.stage = "steady";
  cell.endpoint = "cache";
  cell.figures.measured.requests.succeeded = 25;
  out.cells.push_back(cell);
  fault_result fault;
  fault.id = "slow";
  fault.recovered.after = 300ms;
  fault.recovered.baseline = recovery_baseline{500, 1.0, 1ms};
  fault.figures.measured.record_failure(phase::send, error_kind::closed, "");
  out.faults.push_back(fault);
  fault.id = "fatal";
  fault.recovered.after.reset();
  fault.recovered.reason = "not recovered when the load ended";
  out.faults.push_back(fault);
  return out;
}

threshold demand(std::string metric, bound kind, double limit) {
  threshold out;
  out.metric = std::move(metric);
  out.kind = kind;
  out.limit = limit;
  return out;
}

} // namespace

TEST_CASE("every_known_metric_of_a_full_block_has_a_value") {
  auto full = sample_block();
  auto& latency = full.measured.latency;
  latency.open.record(1ms);
  latency.check.record(1ms);
  latency.service.record(1ms);
  latency.total.record(1ms);
  latency.total_uncorrected.record(1ms);
  full.pool.peak = pool_peaks{5, 4, 3};
  for (auto const& path : all_metrics()) {
    INFO(path);
    auto const of_block = !needs_fault(path) && !scenario::is_of_schedule(path);
    CHECK((!of_block || value_of(full, path).value.has_value()));
  }
}

TEST_CASE("the_lag_of_the_schedule_is_found_beside_the_blocks") {
  result found;
  auto const demanded = demand("schedule_lag.max", bound::max, 1e6);
  CHECK(judge(demanded, found).reason == "nothing was scheduled");
  CHECK_FALSE(judge(demanded, found).ok());
  found.self.schedule_lag.record(300us);
  CHECK(judge(demanded, found).ok());
  CHECK(judge(demanded, found).observed == 3e5);
  found.self.schedule_lag.record(2ms);
  CHECK_FALSE(judge(demanded, found).ok());
}

TEST_CASE("a_metric_is_looked_up_in_its_base_unit") {
  struct row {
    char const* path;
    std::optional<double> value;
  };
  std::vector<row> const table = {
      {"wait.count", 100},
      {"wait.min", 1e6},
      {"wait.max", 4e6},
      {"wait.p50", 1'000'447}, // the end of the bucket
      {"open.count", 0},
      {"open.p99", std::nullopt},
      {"open.mean", std::nullopt},
      {"requests.attempted", 100},
      {"requests.failed", 2},
      {"requests.rate_per_s", 9.8},
      {"requests.offered_per_s", 11},
      {"requests.error_ratio", 0.02},
      {"pool.opened", 5},
      {"pool.closed_by.idle", 2},
      {"pool.closed_by.lifetime", 0},
      {"pool.evicted", 2},
      {"pool.evicted_by.broken", 0},
      {"pool.churn_per_s", 0.8},
      {"pool.reuse_ratio", 0.95},
      {"pool.checks.ok", 7},
      {"pool.checks.failed", 1},
      {"pool.peak.live", std::nullopt}, // not observed
  };
  auto const where = sample_block();
  for (auto const& [path, value] : table) {
    INFO(path);
    auto const found = value_of(where, path).value;
    REQUIRE(found.has_value() == value.has_value());
    if (value) {
      CHECK(*found == Approx(*value));
    }
  }
}

TEST_CASE("of_nothing_there_are_no_ratios_and_no_rates") {
  block const nothing;
  CHECK_FALSE(value_of(nothing, "requests.error_ratio").value);
  CHECK_FALSE(value_of(nothing, "requests.rate_per_s").value);
  CHECK_FALSE(value_of(nothing, "requests.offered_per_s").value);
  CHECK_FALSE(value_of(nothing, "pool.reuse_ratio").value);
  CHECK_FALSE(value_of(nothing, "pool.churn_per_s").value);
  CHECK(value_of(nothing, "requests.failed").value == 0.0);
}

TEST_CASE("a_threshold_is_kept_up_to_and_including_its_limit") {
  struct row {
    bound kind;
    double limit;
    bool expected;
  };
  std::vector<row> const table = {
      {bound::max, 2, true},    {bound::max, 1.9, false},  {bound::max, 3, true},
      {bound::min, 2, true},    {bound::min, 2.1, false},  {bound::min, 1, true},
      {bound::equals, 2, true}, {bound::equals, 3, false}, {bound::equals, 1, false},
  };
  auto const found = sample();
  for (auto const& [kind, limit, expected] : table) {
    auto const judged = judge(demand("requests.failed", kind, limit), found);
    INFO(name_of(kind) << " " << limit);
    CHECK(judged.ok() == expected);
    CHECK(judged.observed == 2.0);
    CHECK(judged.reason.empty());
  }
}

TEST_CASE("a_ratio_equals_its_limit_though_binary_cannot_write_it") {
  CHECK(judge(demand("requests.error_ratio", bound::equals, 0.02), sample()).ok());
}

TEST_CASE("a_selector_says_where_to_look") {
  auto const found = sample();
  auto demanded = demand("requests.succeeded", bound::min, 0);
  CHECK(judge(demanded, found).observed == 98.0);
  demanded.stage = "steady";
  CHECK(judge(demanded, found).observed == 40.0);
  demanded.endpoint = "cache";
  CHECK(judge(demanded, found).observed == 25.0);
  demanded.stage.reset();
  CHECK(judge(demanded, found).observed == 60.0);
  demanded.endpoint.reset();
  demanded.metric = "requests.failed";
  demanded.fault = "slow";
  CHECK(judge(demanded, found).observed == 1.0);
}

TEST_CASE("a_stage_that_was_not_reached_keeps_no_threshold") {
  auto demanded = demand("requests.failed", bound::max, 5);
  demanded.stage = "rest";
  auto const judged = judge(demanded, sample());
  CHECK_FALSE(judged.ok());
  CHECK_FALSE(judged.observed);
  CHECK(judged.reason == "the run did not get that far");
}

TEST_CASE("what_was_not_measured_keeps_no_threshold") {
  auto const judged = judge(demand("open.p99", bound::max, 1e9), sample());
  CHECK_FALSE(judged.ok());
  CHECK_FALSE(judged.observed);
  CHECK(judged.reason == "nothing was measured");
}

TEST_CASE("too_few_samples_keep_no_threshold") {
  auto demanded = demand("wait.p99", bound::max, 5e6);
  demanded.min_samples = 100;
  CHECK(judge(demanded, sample()).ok());
  demanded.min_samples = 101;
  auto const judged = judge(demanded, sample());
  CHECK_FALSE(judged.ok());
  CHECK(judged.observed == 4e6);
  CHECK(judged.reason == "100 samples, 101 are asked for");
}

TEST_CASE("the_time_to_recover_is_a_faults") {
  auto demanded = demand("recovered_after", bound::max, 5e8);
  demanded.fault = "slow";
  auto const kept = judge(demanded, sample());
  CHECK(kept.ok());
  CHECK(kept.observed == 3e8);
  demanded.fault = "fatal";
  auto const broken = judge(demanded, sample());
  CHECK_FALSE(broken.ok());
  CHECK_FALSE(broken.observed);
  CHECK(broken.reason == "not recovered when the load ended");
}

TEST_CASE("selectors_that_contradict_each_other_are_a_mistake") {
  auto demanded = demand("recovered_after", bound::max, 5e8);
  CHECK(selector_mistake(demanded));
  CHECK_FALSE(judge(demanded, sample()).ok());
  demanded.fault = "slow";
  CHECK_FALSE(selector_mistake(demanded));
  demanded.stage = "steady";
  CHECK(selector_mistake(demanded));
  CHECK_FALSE(judge(demanded, sample()).ok());
}

TEST_CASE("the_verdict_is_one_word") {
  auto const kept = demand("requests.failed", bound::max, 2);
  auto const broken = demand("requests.failed", bound::max, 1);
  auto found = sample();

  judge_all(found, {});
  CHECK(found.judged == verdict::pass); // failed requests alone do not fail a run

  judge_all(found, std::vector{kept});
  CHECK(found.judged == verdict::pass);

  judge_all(found, std::vector{kept, broken});
  CHECK(found.judged == verdict::fail);
  REQUIRE(found.thresholds.size() == 2);
  CHECK(found.thresholds[0].ok());
  CHECK_FALSE(found.thresholds[1].ok());

  found.ended = completion::interrupted;
  judge_all(found, std::vector{kept, broken});
  CHECK(found.judged == verdict::incomplete);
}

TEST_CASE("a_violated_invariant_fails_a_run_and_an_unjudged_one_does_not") {
  auto found = sample();
  found.invariants.push_back({"own_reply", invariant_result::status::not_judged, "no nonce"});
  CHECK(overall_verdict(found) == verdict::pass);
  found.invariants.push_back({"cap", invariant_result::status::violated, "17 of 16"});
  CHECK(overall_verdict(found) == verdict::fail);
}
