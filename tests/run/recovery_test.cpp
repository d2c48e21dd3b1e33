#include "run/recovery.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace conecta;
using namespace conecta::run;
using namespace std::chrono_literals;

namespace {

constexpr recovery_baseline fast = {1000, 1.0, 1ms};
constexpr recovery_baseline slow = {1000, 0.95, 40ms};

constexpr recovery_sample good = {100, 100, 1ms};
constexpr recovery_sample failing = {100, 50, 1ms};
constexpr recovery_sample sluggish = {100, 100, 50ms};
constexpr recovery_sample empty = {};

std::optional<std::size_t> after(std::vector<recovery_sample> const& buckets) {
  return first_recovered(fast, buckets);
}

constexpr instant origin{10s};
constexpr instant window_start = origin + 5s;
constexpr instant window_end = origin + 7s;

// One request every millisecond in [from, to).
void steady(recovery_recorder& recorder, instant from, instant to, duration total,
            request_outcome outcome = request_outcome::succeeded) {
  for (auto at = from; at < to; at += 1ms) {
    recorder.record(at, total, outcome);
  }
}

} // namespace

TEST_CASE("the_slowest_recovered_p90_is_half_more_or_five_milliseconds_more") {
  CHECK(recovered_p90({1000, 1, 0ms}) == 5ms);
  CHECK(recovered_p90({1000, 1, 1ms}) == 6ms);
  CHECK(recovered_p90({1000, 1, 10ms}) == 15ms);
  CHECK(recovered_p90({1000, 1, 40ms}) == 60ms);
}

TEST_CASE("a_bucket_is_good_by_its_successes_and_its_p90") {
  struct row {
    recovery_baseline baseline;
    recovery_sample bucket;
    bool expected;
  };
  std::vector<row> const table = {
      {fast, {100, 100, 6ms}, true},
      {fast, {100, 100, 6ms + 1ns}, false},
      {fast, {100, 99, 1ms}, true}, // one per cent below
      {fast, {100, 98, 1ms}, false},
      {fast, {1, 1, 1ms}, true},
      {fast, {1, 0, std::nullopt}, false},
      {fast, {0, 0, std::nullopt}, false}, // an empty bucket proves nothing
      {slow, {100, 94, 60ms}, true},
      {slow, {100, 93, 60ms}, false},
      {slow, {100, 100, 61ms}, false},
      {{1000, 0.0, 0ms}, {100, 0, std::nullopt}, false}, // nothing succeeded, then or now
  };
  for (auto const& [baseline, bucket, expected] : table) {
    INFO(bucket.succeeded << " of " << bucket.requests);
    CHECK(is_good(baseline, bucket) == expected);
  }
}

TEST_CASE("recovered_at_the_first_of_five_good_buckets_in_a_row") {
  CHECK(after({good, good, good, good, good}) == 0);
  CHECK(after({failing, good, good, good, good, good}) == 1);
  CHECK(after({sluggish, good, good, good, good, sluggish, good, good, good, good, good}) == 6);
  CHECK(after({good, good, good, good, empty, good, good, good, good, good}) == 5);
}

TEST_CASE("four_good_buckets_are_no_recovery") {
  CHECK(after({}) == std::nullopt);
  CHECK(after({good, good, good, good}) == std::nullopt);
  CHECK(after({good, good, good, good, failing, good, good, good, good}) == std::nullopt);
  CHECK(after({empty, empty, empty, empty, empty, empty}) == std::nullopt);
}

TEST_CASE("a_relapse_after_recovery_does_not_take_it_back") {
  CHECK(after({good, good, good, good, good, failing, good, good, good, good, good}) == 0);
}

TEST_CASE("the_coarse_sketch_is_within_four_per_cent") {
  for (auto const value : {2us, 3us, 17us, 999us}) {
    coarse_sketch sketch;
    sketch.record(value);
    auto const found = static_cast<double>(sketch.quantile(0.9).value().count());
    CHECK(found == Approx(static_cast<double>(duration{value}.count())).epsilon(0.04));
  }
  for (auto const value : {1ms, 40ms, 1000ms, 60000ms}) {
    coarse_sketch sketch;
    sketch.record(value);
    auto const found = static_cast<double>(sketch.quantile(0.9).value().count());
    CHECK(found == Approx(static_cast<double>(duration{value}.count())).epsilon(0.04));
  }
}

TEST_CASE("the_coarse_sketch_takes_any_value") {
  coarse_sketch sketch;
  CHECK_FALSE(sketch.quantile(0.9));
  sketch.record(0ns);
  sketch.record(-1s);
  sketch.record(duration::max());
  CHECK(sketch.count() == 3);
  CHECK(sketch.quantile(0.5).value() < 2us);
  CHECK(sketch.quantile(1.0).value() > 60s);
}

TEST_CASE("coarse_sketches_merge") {
  coarse_sketch left;
  coarse_sketch right;
  for (int count = 0; count < 9; ++count) {
    left.record(1ms);
  }
  right.record(1s);
  left.merge(right);
  CHECK(left.count() == 10);
  CHECK(left.quantile(0.9).value() < 2ms);
  CHECK(left.quantile(1.0).value() > 900ms);
}

TEST_CASE("an_endpoint_that_never_suffered_recovered_at_once") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, origin + 10s, 1ms);
  auto const found = recorder.finish(origin + 10s);
  CHECK(found.after == 0ms);
  REQUIRE(found.baseline);
  CHECK(found.baseline->requests == 2000);
  CHECK(found.baseline->success_ratio == 1.0);
  CHECK(found.baseline->p90 == 1ms);
  CHECK(found.reason.empty());
}

TEST_CASE("what_happens_inside_the_window_does_not_count") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_start, window_end, 1s, request_outcome::failed);
  steady(recorder, window_end, window_end + 1s, 1ms);
  CHECK(recorder.finish(window_end + 1s).after == 0ms);
}

TEST_CASE("three_hundred_slow_milliseconds_after_the_window_are_the_time_to_recover") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_end, window_end + 300ms, 80ms);
  steady(recorder, window_end + 300ms, window_end + 2s, 1ms);
  CHECK(recorder.finish(window_end + 2s).after == 300ms);
}

TEST_CASE("a_request_counts_where_it_should_have_begun_however_late_it_ends") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_end + 100ms, window_end + 2s, 1ms);
  // Recorded last, as a request is that took long: the first bucket is slow.
  steady(recorder, window_end, window_end + 100ms, 900ms);
  CHECK(recorder.finish(window_end + 2s).after == 100ms);
}

TEST_CASE("too_few_requests_before_the_fault_give_no_baseline_and_say_so") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, window_start - 199ms, window_start, 1ms);
  steady(recorder, window_end, window_end + 1s, 1ms);
  auto const found = recorder.finish(window_end + 1s);
  CHECK_FALSE(found.after);
  CHECK_FALSE(found.baseline);
  CHECK(found.reason ==
        "the baseline needs 200 requests in the 2 s before the fault, there were 199");
}

TEST_CASE("the_baseline_is_no_older_than_two_seconds") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start - 2s, 500ms, request_outcome::failed);
  steady(recorder, window_start - 2s, window_start, 1ms);
  auto const found = recorder.finish(window_end);
  REQUIRE(found.baseline);
  CHECK(found.baseline->requests == 2000);
  CHECK(found.baseline->success_ratio == 1.0);
}

TEST_CASE("a_load_that_ends_too_soon_cannot_show_recovery") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_end + 499ms, 1ms);
  auto const found = recorder.finish(window_end + 499ms);
  CHECK_FALSE(found.after);
  CHECK(found.baseline);
  CHECK(found.reason == "the load ended less than 500 ms after the fault");
}

TEST_CASE("never_recovered_is_absent_with_a_reason") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_end, window_end + 3s, 1ms, request_outcome::failed);
  auto const found = recorder.finish(window_end + 3s);
  CHECK_FALSE(found.after);
  CHECK(found.reason == "not recovered when the load ended");
}

TEST_CASE("silence_after_the_window_is_no_recovery") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  CHECK_FALSE(recorder.finish(window_end + 3s).after);
}

TEST_CASE("recovery_minutes_after_the_window_is_still_seen") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_end, window_end + 150s, 1ms, request_outcome::failed);
  steady(recorder, window_end + 150s, window_end + 300s, 1ms);
  CHECK(recorder.finish(window_end + 300s).after == 150s);
}

TEST_CASE("a_gap_longer_than_the_recorder_remembers_is_a_row_of_empty_buckets") {
  recovery_recorder recorder{window_start, window_end};
  steady(recorder, origin, window_start, 1ms);
  steady(recorder, window_end, window_end + 400ms, 1ms);
  steady(recorder, window_end + 200s, window_end + 201s, 1ms);
  CHECK(recorder.finish(window_end + 201s).after == 200s);
}
