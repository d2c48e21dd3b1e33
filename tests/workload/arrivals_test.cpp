#include "workload/arrivals.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace conecta;
using namespace conecta::workload;
using namespace std::chrono_literals;

namespace {

std::vector<duration> all_of(arrivals const& schedule) {
  std::vector<duration> found;
  for (std::uint64_t n = 0; n < schedule.count(); ++n) {
    found.push_back(schedule.at(n));
  }
  return found;
}

} // namespace

TEST_CASE("at a constant rate the n-th begins n intervals after the first") {
  CHECK(all_of({4, 4, 1s}) == std::vector<duration>{0ms, 250ms, 500ms, 750ms});
  CHECK(arrivals{0.5, 0.5, 10s}.count() == 5);
  CHECK(arrivals{0.5, 0.5, 10s}.at(4) == 8s);
}

TEST_CASE("no error adds up: the last of thirty days is where it belongs") {
  arrivals const month{3, 3, 720h};
  auto const seconds_of_month = 720ULL * 3600;
  REQUIRE(month.count() == 3 * seconds_of_month);
  CHECK(month.at(3 * (seconds_of_month - 1)) == std::chrono::seconds{seconds_of_month - 1});
  CHECK(month.at(1) == 333'333'333ns);
  CHECK(month.at(2) == 666'666'667ns);
}

TEST_CASE("as many begin as the rate says, whatever the length") {
  CHECK(arrivals{1000, 1000, 10s}.count() == 10'000);
  CHECK(arrivals{10'000, 10'000, 1ms}.count() == 10);
  CHECK(arrivals{7, 7, 1s}.count() == 7);
  CHECK(arrivals{1000, 1000, 1500us}.count() == 2);
  CHECK(arrivals{1'000'000, 1'000'000, 720h}.count() == 720ULL * 3600 * 1'000'000);
}

TEST_CASE("a rate of nothing is a stage of nothing") { CHECK(arrivals{0, 0, 1h}.count() == 0); }

TEST_CASE("the first of a slow rate begins with the stage") {
  CHECK(all_of({0.001, 0.001, 1s}) == std::vector<duration>{0ms});
}

TEST_CASE("a rate that grows sends a quarter in its first half, one that falls three quarters") {
  auto const first_half = [](arrivals const& schedule) {
    std::uint64_t sent = 0;
    while (sent < schedule.count() && schedule.at(sent) < 5s) {
      ++sent;
    }
    return sent;
  };
  arrivals const up{0, 1000, 10s};
  arrivals const down{1000, 0, 10s};
  CHECK(up.count() == 5000);
  CHECK(down.count() == 5000);
  CHECK(first_half(up) == 1250);
  CHECK(first_half(down) == 3750);
}

TEST_CASE("whatever the rates, the instants grow and none is beyond the end") {
  auto const [from, to] = GENERATE(table<double, double>(
      {{0, 10}, {10, 0}, {0.1, 3}, {1e6, 1}, {1, 1e6}, {333.3, 333.3}, {0, 0.5}}));
  arrivals const schedule{from, to, 1s};
  CAPTURE(from, to, schedule.count());
  duration before{-1};
  for (std::uint64_t n = 0; n < schedule.count(); ++n) {
    auto const now = schedule.at(n);
    REQUIRE(now > before);
    REQUIRE(now < 1s);
    before = now;
  }
}
