#include "stats/histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using conecta::duration;
using conecta::stats::histogram;
namespace layout = conecta::stats::bucket_layout;
using namespace std::chrono_literals;

namespace {

// The slow, obvious truth.
duration exact_quantile(std::vector<duration> values, double fraction) {
  std::sort(values.begin(), values.end());
  auto const rank = std::ceil(fraction * static_cast<double>(values.size()) - 1e-9);
  return values[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

// Log-uniform, so that every octave from a nanosecond to an hour is visited.
std::vector<duration> values_of_every_size(unsigned seed, int count) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> exponent{0, std::log(3.6e12)};
  std::vector<duration> out;
  for (int index = 0; index < count; ++index) {
    out.emplace_back(static_cast<std::int64_t>(std::exp(exponent(random))));
  }
  return out;
}

histogram histogram_of(std::vector<duration> const& values) {
  histogram out;
  for (auto const value : values) {
    out.record(value);
  }
  return out;
}

} // namespace

TEST_CASE("an_empty_histogram_has_a_count_and_nothing_else") {
  histogram const empty;
  CHECK(empty.count() == 0);
  CHECK(empty.empty());
  CHECK_FALSE(empty.min());
  CHECK_FALSE(empty.max());
  CHECK_FALSE(empty.mean());
  CHECK_FALSE(empty.stdev());
  CHECK_FALSE(empty.quantile(0.5));
  CHECK(empty.counts().empty());
}

TEST_CASE("every_bucket_begins_where_the_one_before_ended") {
  std::int64_t expected = 0;
  for (std::size_t index = 0; index < layout::bucket_count; ++index) {
    REQUIRE(layout::lowest_at(index) == expected);
    REQUIRE(layout::index_of(layout::lowest_at(index)) == index);
    REQUIRE(layout::index_of(layout::highest_at(index)) == index);
    expected = layout::highest_at(index) + 1;
  }
  CHECK(expected > layout::highest_trackable);
}

TEST_CASE("a_bucket_is_never_wider_than_a_thousandth_of_its_values") {
  for (std::size_t index = 1; index < layout::bucket_count; ++index) {
    REQUIRE((layout::width_at(index) - 1) * 1000 <= layout::lowest_at(index));
  }
}

TEST_CASE("quantiles_agree_with_a_sorted_vector_to_three_digits") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    auto const values = values_of_every_size(seed, 1 + static_cast<int>(seed) * 97);
    auto const recorded = histogram_of(values);
    for (auto const fraction : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      auto const exact = exact_quantile(values, fraction).count();
      auto const found = recorded.quantile(fraction).value().count();
      INFO("seed " << seed << ", fraction " << fraction);
      CHECK(found >= exact);
      CHECK(found - exact <= exact / 1000);
    }
  }
}

TEST_CASE("mean_and_deviation_agree_with_a_sorted_vector_to_three_digits") {
  auto const values = values_of_every_size(7, 5000);
  auto const recorded = histogram_of(values);
  double sum = 0;
  for (auto const value : values) {
    sum += static_cast<double>(value.count());
  }
  auto const mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (auto const value : values) {
    squares += std::pow(static_cast<double>(value.count()) - mean, 2);
  }
  auto const stdev = std::sqrt(squares / static_cast<double>(values.size()));
  CHECK(recorded.mean().value() == Approx(mean).epsilon(0.001));
  CHECK(recorded.stdev().value() == Approx(stdev).epsilon(0.001));
}

TEST_CASE("the_smallest_and_the_largest_value_are_exact") {
  auto const recorded = histogram_of({1234567ns, 7654321ns, 3ms});
  CHECK(recorded.min() == 1234567ns);
  CHECK(recorded.max() == 7654321ns);
}

TEST_CASE("no_quantile_is_above_the_largest_value") {
  auto const recorded = histogram_of({1'000'001ns});
  CHECK(recorded.quantile(0.5) == 1'000'001ns);
  CHECK(recorded.quantile(1.0) == 1'000'001ns);
}

TEST_CASE("nine_tenths_of_ten_values_are_nine_of_them") {
  histogram recorded;
  for (int value = 1; value <= 10; ++value) {
    recorded.record(duration{value});
  }
  CHECK(recorded.quantile(0.9) == 9ns);
  CHECK(recorded.quantile(0.91) == 10ns);
}

TEST_CASE("values_above_an_hour_saturate_and_are_counted") {
  histogram recorded;
  recorded.record(1h);
  CHECK(recorded.saturated() == 0);
  recorded.record(1h + 1ns);
  recorded.record(duration::max(), 3);
  CHECK(recorded.count() == 5);
  CHECK(recorded.saturated() == 4);
  CHECK(recorded.max() == 1h);
  CHECK(recorded.quantile(1.0) == 1h);
}

TEST_CASE("zero_and_negative_values_count_as_zero") {
  auto const recorded = histogram_of({0ns, -5ms});
  CHECK(recorded.count() == 2);
  CHECK(recorded.min() == 0ns);
  CHECK(recorded.max() == 0ns);
  CHECK(recorded.quantile(1.0) == 0ns);
}

TEST_CASE("merging_is_recording_in_one") {
  auto values = values_of_every_size(3, 400);
  auto const more = values_of_every_size(4, 300);
  auto merged = histogram_of(values);
  merged.merge(histogram_of(more));
  values.insert(values.end(), more.begin(), more.end());
  CHECK(merged == histogram_of(values));
}

TEST_CASE("merging_an_empty_histogram_changes_nothing") {
  auto merged = histogram_of({5ms});
  merged.merge(histogram{});
  CHECK(merged == histogram_of({5ms}));
  histogram empty;
  empty.merge(merged);
  CHECK(empty == merged);
}

TEST_CASE("a_reset_histogram_is_as_new") {
  auto recorded = histogram_of(values_of_every_size(5, 100));
  recorded.record(2h);
  recorded.reset();
  CHECK(recorded == histogram{});
}

TEST_CASE("iteration_visits_every_value_once_in_ascending_order") {
  auto const values = values_of_every_size(6, 1000);
  auto const recorded = histogram_of(values);
  std::uint64_t seen = 0;
  duration before{-1};
  recorded.for_each([&](duration lowest, duration highest, std::uint64_t count) {
    CHECK(lowest > before);
    CHECK(highest >= lowest);
    auto const inside = std::count_if(values.begin(), values.end(), [&](duration value) {
      return lowest <= value && value <= highest;
    });
    CHECK(static_cast<std::uint64_t>(inside) == count);
    before = highest;
    seen += count;
  });
  CHECK(seen == values.size());
}

TEST_CASE("counting_up_to_a_limit_includes_the_limit") {
  auto const recorded = histogram_of({1ns, 5ns, 5ns, 2ms});
  CHECK(recorded.count_up_to(-1ns) == 0);
  CHECK(recorded.count_up_to(0ns) == 0);
  CHECK(recorded.count_up_to(5ns) == 3);
  CHECK(recorded.count_up_to(1ms) == 3);
  CHECK(recorded.count_up_to(2h) == 4);
}

TEST_CASE("a_value_recorded_n_times_counts_n_times") {
  histogram recorded;
  recorded.record(4ms, 99);
  recorded.record(9ms);
  CHECK(recorded.count() == 100);
  CHECK(recorded.quantile(0.99).value() < 5ms);
  CHECK(recorded.quantile(0.991) == 9ms);
}

TEST_CASE("a_copy_is_equal_and_independent") {
  auto const original = histogram_of(values_of_every_size(8, 200));
  histogram copy = original;
  CHECK(copy == original);
  copy.record(1ms);
  CHECK(copy != original);
  copy = original;
  CHECK(copy == original);
  auto const& itself = copy;
  copy = itself;
  CHECK(copy == original);
}

TEST_CASE("a_moved_histogram_arrives_whole_and_its_source_can_be_assigned_to") {
  auto const original = histogram_of({1ms, 2ms});
  histogram source = original;
  histogram const arrived = std::move(source);
  CHECK(arrived == original);
  source = original;
  CHECK(source == original);
}
