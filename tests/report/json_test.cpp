#include "report/hdr.hpp"
#include "report/json.hpp"
#include "report/sample_result.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace conecta;
using namespace conecta::report;
using json = nlohmann::ordered_json;

namespace {

using keys = std::vector<std::string>;

keys keys_of(json const& object) {
  keys out;
  for (auto const& [key, value] : object.items()) {
    out.push_back(key);
  }
  return out;
}

keys joined(keys first, keys const& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

keys const block_keys = {"latency", "requests", "errors", "pool"};
keys const latency_keys = {"count",  "min_ns",   "mean_ns",   "stdev_ns", "p50_ns", "p90_ns",
                           "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns",   "hdr"};

template <class Visitor>
void for_each_value(json const& value, Visitor visit) {
  visit(value);
  if (value.is_structured()) {
    for (auto const& member : value) {
      for_each_value(member, visit);
    }
  }
}

} // namespace

TEST_CASE("the_keys_of_a_result_are_those_of_the_contract") {
  auto const found = to_json(sample_result());
  CHECK(keys_of(found) == joined(joined({"schema", "name", "started_at", "duration_ns",
                                         "recorded_ns", "complete", "verdict", "seed"},
                                        block_keys),
                                 {"wire", "stages", "endpoints", "faults", "thresholds",
                                  "invariants", "series", "self", "scenario", "tool", "host"}));
  CHECK(keys_of(found["latency"]) ==
        keys{"wait", "open", "check", "service", "total", "total_uncorrected"});
  CHECK(keys_of(found["requests"]) == keys{"attempted", "succeeded", "failed", "dropped", "late",
                                           "rate_per_s", "offered_per_s", "error_ratio"});
  CHECK(keys_of(found["errors"][0]) == keys{"phase", "kind", "detail", "count"});
  CHECK(keys_of(found["pool"]) == keys{"opened", "open_failed", "closed", "closed_by", "evicted",
                                       "evicted_by", "churn_per_s", "reuse_ratio", "acquired",
                                       "returned", "timed_out", "cancelled", "rejected", "checks",
                                       "peak", "leaked"});
  CHECK(keys_of(found["pool"]["closed_by"]) == keys{"idle", "lifetime", "uses", "unhealthy",
                                                    "surplus", "stale", "broken", "discarded",
                                                    "shutdown"});
  CHECK(keys_of(found["pool"]["evicted_by"]) ==
        keys{"idle", "lifetime", "uses", "unhealthy", "surplus", "stale", "broken", "discarded"});
  CHECK(keys_of(found["pool"]["checks"]) == keys{"ok", "failed"});
  CHECK(keys_of(found["pool"]["peak"]) == keys{"live", "leased", "waiters"});
  CHECK(keys_of(found["wire"]) == keys{"connections_established", "requests_sent", "checks_sent",
                                       "replies_received", "datagrams_stale"});
  CHECK(keys_of(found["self"]) == keys{"cpu_ratio", "schedule_lag", "warnings"});
  CHECK(keys_of(found["tool"]) == keys{"name", "version"});
  CHECK(keys_of(found["host"]) == keys{"system", "machine", "cpus"});
}

TEST_CASE("the_keys_of_each_part_are_those_of_the_contract") {
  auto const found = to_json(sample_result());
  CHECK(keys_of(found["stages"][0]) ==
        joined({"name", "recorded", "start_ns", "duration_ns"}, block_keys));
  CHECK(keys_of(found["endpoints"][0]) == joined(joined({"id", "url"}, block_keys), {"wire"}));
  CHECK(keys_of(found["faults"][0]) ==
        joined({"id", "type", "endpoint", "start_ns", "end_ns", "injected", "recovered_after_ns",
                "baseline", "reason", "outside"},
               block_keys));
  CHECK(keys_of(found["faults"][0]["baseline"]) == keys{"requests", "success_ratio", "p90_ns"});
  CHECK(keys_of(found["thresholds"][0]) == keys{"metric", "stage", "endpoint", "fault", "bound",
                                                "limit", "observed", "unit", "min_samples", "ok",
                                                "reason"});
  CHECK(keys_of(found["series"][0]) == keys{"t_ns", "requests", "errors", "p50_ns", "p99_ns",
                                            "rate_per_s", "idle", "leased", "opening", "waiters",
                                            "opened", "closed", "cpu", "lag_p99_ns"});
}

TEST_CASE("every_latency_has_the_same_figures_and_a_histogram_that_others_can_read") {
  auto const found = to_json(sample_result());
  int latencies = 0;
  for_each_value(found, [&](json const& value) {
    if (value.is_object() && value.contains("hdr")) {
      CHECK(keys_of(value) == latency_keys);
      auto const decoded = decode_hdr(value["hdr"].get<std::string>());
      REQUIRE(decoded.values);
      CHECK(value["count"] == decoded.values->count());
      ++latencies;
    }
  });
  // The top, three stages, two endpoints, two faults; what was outside of one; the lag.
  CHECK(latencies == 8 * 6 + 1 + 1);
  CHECK(found["faults"][0]["outside"]["total"]["count"] == 89'000);
  CHECK(found["faults"][1]["outside"]["total"].is_null());
}

TEST_CASE("an_empty_latency_has_a_count_and_nulls") {
  auto const found = to_json(run::result{});
  auto const& wait = found["latency"]["wait"];
  CHECK(wait["count"] == 0);
  for (auto const& key : latency_keys) {
    INFO(key);
    CHECK(wait[key].is_null() == (key != "count" && key != "hdr"));
  }
}

TEST_CASE("every_number_is_finite_and_no_ratio_of_nothing_is_a_number") {
  for (auto const& result : {run::result{}, sample_result()}) {
    for_each_value(to_json(result), [](json const& value) {
      if (value.is_number_float()) {
        CHECK(std::isfinite(value.get<double>()));
      }
    });
  }
  auto const empty = to_json(run::result{});
  CHECK(empty["requests"]["error_ratio"].is_null());
  CHECK(empty["requests"]["rate_per_s"].is_null());
  CHECK(empty["pool"]["churn_per_s"].is_null());
  CHECK(empty["pool"]["reuse_ratio"].is_null());
  CHECK(empty["self"]["cpu_ratio"].is_null());
}

TEST_CASE("a_number_that_is_not_finite_becomes_null") {
  run::result result;
  result.self.cpu_ratio = std::nan("");
  result.series.emplace_back().rate_per_s = HUGE_VAL;
  auto const found = to_json(result);
  CHECK(found["self"]["cpu_ratio"].is_null());
  CHECK(found["series"][0]["rate_per_s"].is_null());
}

TEST_CASE("the_figures_arrive_in_their_places") {
  auto const found = to_json(sample_result());
  CHECK(found["schema"] == "conecta.bench/1");
  CHECK(found["verdict"] == "fail");
  CHECK(found["complete"] == true);
  CHECK(found["requests"]["attempted"] == 119'916);
  CHECK(found["requests"]["offered_per_s"].is_null()); // a closed model offers nothing
  CHECK(found["pool"]["evicted"] == 2);
  CHECK(found["pool"]["evicted_by"]["idle"] == 2);
  CHECK(found["stages"][0]["recorded"] == false);
  CHECK(found["stages"][1]["recorded"] == true);
  CHECK(found["stages"][0]["pool"]["peak"]["live"].is_null());
  CHECK(found["faults"][0]["recovered_after_ns"] == 300'000'000);
  CHECK(found["faults"][0]["reason"].is_null());
  CHECK(found["faults"][1]["recovered_after_ns"].is_null());
  CHECK(found["faults"][1]["baseline"].is_null());
  CHECK(found["thresholds"][0]["limit"] == 5e6);
  CHECK(found["thresholds"][0]["unit"] == "ns");
  CHECK(found["thresholds"][0]["stage"] == "steady");
  CHECK(found["thresholds"][0]["endpoint"].is_null());
  CHECK(found["thresholds"][3]["ok"] == false);
  CHECK(found["thresholds"][3]["observed"].is_null());
  CHECK(found["scenario"]["name"] == "a flaky cache");
}

TEST_CASE("hostile_text_is_safe_in_json_too") {
  auto result = sample_result();
  result.total.measured.errors.record(run::phase::open, run::error_kind::other, "\xff\x1b]0;x\x07");
  result.scenario_json = "not JSON";
  auto const text = json_text(result);
  for (auto const character : text) {
    CHECK((character == '\n' || static_cast<unsigned char>(character) >= 0x20));
  }
  auto const read = json::parse(text);
  CHECK(read["errors"][2]["detail"] == "\\xff\\x1b]0;x\\x07");
  CHECK(read["scenario"].is_null());
}

TEST_CASE("json_text_reads_back_as_it_was_and_ends_its_line") {
  auto const text = json_text(sample_result());
  CHECK(json::parse(text) == to_json(sample_result()));
  CHECK(text.ends_with("}\n"));
}
