#include "report/sample_result.hpp"

#include "run/verdict.hpp"

namespace conecta::report {

namespace {

using namespace run;
using scenario::bound;
using scenario::threshold;
using namespace std::chrono_literals;

void record(measurement& into, duration wait, duration service, std::uint64_t times) {
  into.latency.wait.record(wait, times);
  into.latency.service.record(service, times);
  into.latency.total.record(wait + service, times);
  into.latency.total_uncorrected.record(wait + service, times);
  into.requests.succeeded += times;
}

measurement cache_requests() {
  measurement out;
  record(out, 2us, 180us, 80'000);
  record(out, 40us, 260us, 9'000);
  record(out, 4ms, 52ms, 900);
  out.latency.open.record(310us, 16);
  out.latency.open.record(50ms, 12);
  out.latency.check.record(95us, 40);
  for (int count = 0; count < 12; ++count) {
    out.record_failure(phase::receive, error_kind::reset, "Connection reset by peer");
  }
  out.record_failure(phase::expect, error_kind::mismatch, "got \x1b[31m-LOADING\r\n");
  return out;
}

measurement echo_requests() {
  measurement out;
  record(out, 1us, 210us, 30'000);
  out.latency.open.record(35us, 8);
  for (int count = 0; count < 3; ++count) {
    out.record_failure(phase::receive, error_kind::timeout, "no reply within 1s");
  }
  return out;
}

pool_figures cache_pool() {
  pool_figures out;
  out.opened = 28;
  out.open_failed = 2;
  out.closed = 28;
  out.closed_by[close_reason::idle] = 2;
  out.closed_by[close_reason::broken] = 12;
  out.closed_by[close_reason::shutdown] = 14;
  out.evicted_by[close_reason::idle] = 2;
  out.acquired = out.returned = 91'000;
  out.checks_ok = 39;
  out.checks_failed = 1;
  out.timed_out = 1;
  out.peak = pool_peaks{16, 16, 18};
  out.churned = 30;
  out.churned_over = 15s;
  return out;
}

pool_figures echo_pool() {
  pool_figures out;
  out.opened = 8;
  out.closed = 8;
  out.closed_by[close_reason::broken] = 3;
  out.closed_by[close_reason::shutdown] = 5;
  out.acquired = out.returned = 31'000;
  out.peak = pool_peaks{8, 8, 0};
  out.churned = 6;
  out.churned_over = 15s;
  return out;
}

fault_result slow_fault() {
  fault_result out;
  out.id = "slow";
  out.type = "latency";
  out.endpoint = "cache";
  out.start = 5s;
  out.end = 7s;
  out.injected = 912;
  record(out.figures.measured, 4ms, 52ms, 900);
  for (int count = 0; count < 12; ++count) {
    out.figures.measured.record_failure(phase::receive, error_kind::reset, "");
  }
  out.figures.recorded = 2s;
  out.figures.pool.opened = 12;
  out.figures.pool.closed = 12;
  out.figures.pool.closed_by[close_reason::broken] = 12;
  out.recovered.after = 300ms;
  out.recovered.baseline = recovery_baseline{17'800, 1.0, 310us};
  out.total_outside.emplace();
  out.total_outside->record(182us, 80'000);
  out.total_outside->record(300us, 9'000);
  return out;
}

fault_result lost_fault() {
  fault_result out;
  out.id = "lost";
  out.type = "loss";
  out.endpoint = "echo";
  out.start = 16s;
  out.end = 17s;
  out.recovered.reason =
      "the baseline needs 200 requests in the 2 s before the fault, there were 0";
  return out;
}

stage_result stage(std::string name, duration start, duration length) {
  stage_result out;
  out.name = std::move(name);
  out.start = start;
  out.length = length;
  out.figures.recorded = length;
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

result sample_result() {
  result out;
  out.scenario_name = "a flaky cache";
  out.scenario_json = R"({"version": 1, "name": "a flaky cache", "seed": 7})";
  out.seed = 7;
  out.started_at = "2025-01-31T12:00:00Z";
  out.length = 17'200ms;
  out.total.recorded = 15s;
  out.tool.version = "0.1.0";
  out.host = {"Linux 6.1.0", "x86_64", 2};

  endpoint_result cache;
  cache.id = "cache";
  cache.url = "tcp://127.0.0.1:6379";
  cache.figures.measured = cache_requests();
  cache.figures.recorded = 15s;
  cache.figures.pool = cache_pool();
  cache.wire = {28, 99'912, 40, 99'900, 0};
  endpoint_result echo;
  echo.id = "echo";
  echo.url = "udp://127.0.0.1:40123";
  echo.figures.measured = echo_requests();
  echo.figures.recorded = 15s;
  echo.figures.pool = echo_pool();
  echo.wire = {0, 31'003, 0, 31'000, 2};
  for (auto const* endpoint : {&cache, &echo}) {
    out.total.measured.merge(endpoint->figures.measured);
    out.total.pool.add(endpoint->figures.pool);
    out.wire.add(endpoint->wire);
  }
  out.total.pool.churned_over = 15s;
  out.total.pool.peak = pool_peaks{24, 24, 18};

  auto warm_up = stage("warmup", 0s, 2s);
  warm_up.kept = stage_result::recording::warm_up;
  record(warm_up.figures.measured, 3us, 200us, 11'000);
  auto steady = stage("steady", 2s, 10s);
  steady.figures.measured = out.total.measured;
  out.stages = {warm_up, steady, stage("rest", 12s, 5s)};
  out.endpoints = {cache, echo};
  out.faults = {slow_fault(), lost_fault()};

  series_point second;
  second.at = 1s;
  second.requests = 5'500;
  second.p50 = 200us;
  second.rate_per_s = 5'500;
  second.idle = 3;
  second.leased = 21;
  out.series = {second};
  out.self.cpu_ratio = 0.97;
  out.self.warnings = {"this process used 97 % of its processors: the figures may be "
                       "those of the tool, not of what it measures"};

  std::vector<threshold> demanded = {
      demand("wait.p99", bound::max, 5e6), demand("requests.error_ratio", bound::max, 0.0001),
      demand("recovered_after", bound::max, 5e8), demand("recovered_after", bound::max, 5e8),
      demand("requests.rate_per_s", bound::min, 5000)};
  demanded[0].stage = "steady";
  demanded[2].fault = "slow";
  demanded[3].fault = "lost";
  judge_all(out, demanded);
  return out;
}

} // namespace conecta::report
