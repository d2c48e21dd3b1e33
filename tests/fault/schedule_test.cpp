#include "fault/schedule.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::fault;
using namespace std::chrono_literals;
using change = schedule::change;
using changes = std::vector<change>;

namespace {

constexpr auto opened = change::kind::opened;
constexpr auto closed = change::kind::closed;

plan two_windows() {
  fault_spec first;
  first.id = "first";
  first.start = 1s;
  first.length = 2s;
  fault_spec second = first;
  second.id = "second";
  second.start = 3s;
  return {{first, second}, 0, 7};
}

} // namespace

TEST_CASE("before the run begins no window opens") {
  schedule faults{two_windows()};
  CHECK(faults.advance(instant{100s}).empty());
  CHECK(faults.next_change(instant{100s}) == never);
}

TEST_CASE("windows open and close at their times, what closes first") {
  schedule faults{two_windows()};
  auto const origin = instant{100s};
  faults.begin(origin);
  CHECK(faults.advance(origin).empty());
  CHECK(faults.next_change(origin) == origin + 1s);

  CHECK(faults.advance(origin + 1s) == changes{{0, opened}});
  CHECK(faults.active() == std::vector<std::size_t>{0});
  CHECK(faults.advance(origin + 2s).empty()); // told once
  CHECK(faults.next_change(origin + 2s) == origin + 3s);

  CHECK(faults.advance(origin + 3s) == changes{{0, closed}, {1, opened}});
  CHECK(faults.advance(origin + 5s) == changes{{1, closed}});
  CHECK(faults.next_change(origin + 5s) == never);
}

TEST_CASE("the times at which windows really opened and closed are kept") {
  schedule faults{two_windows()};
  auto const origin = instant{100s};
  faults.begin(origin);
  auto const late = origin + 1s + 30us;
  auto const changed = faults.advance(late);
  CHECK_FALSE(faults.windows()[0].opened.has_value()); // nothing has been done about it yet
  faults.record(changed, late);
  faults.end(origin + 2s); // the run was cut short
  auto const times = faults.windows();
  REQUIRE(times.size() == 2);
  CHECK(times[0].id == "first");
  CHECK(times[0].opened == late);
  CHECK(times[0].closed == origin + 2s);
  CHECK_FALSE(times[1].opened.has_value());
  CHECK(faults.advance(origin + 4s).empty());
}

TEST_CASE("strikes are counted for each fault") {
  schedule faults{two_windows()};
  faults.count(1);
  faults.count(1);
  CHECK(faults.injected(0) == 0);
  CHECK(faults.injected(1) == 2);
}

TEST_CASE("a repeated window opens as often as asked, and its times are the first and the last") {
  fault_spec spec;
  spec.id = "again";
  spec.start = 1s;
  spec.length = 1s;
  spec.repeat = repetition{.every = 3s, .count = 2};
  CHECK(spec.end() == 5s);
  plan const what{{spec}, 0, 7};
  CHECK(what.window_at(0, 1s) == 0);
  CHECK(what.window_at(0, 2s) == std::nullopt);
  CHECK(what.window_at(0, 4s) == 1);
  CHECK(what.window_at(0, 7s) == std::nullopt);
  CHECK(what.covers(0, 3s, 0));

  schedule faults{what};
  auto const origin = instant{100s};
  faults.begin(origin);
  std::vector<duration> edges;
  for (auto at = faults.next_change(origin); at != never; at = faults.next_change(at)) {
    auto const changed = faults.advance(at);
    CHECK(changed.size() == 1);
    faults.record(changed, at);
    edges.push_back(at - origin);
  }
  CHECK(edges == std::vector<duration>{1s, 2s, 4s, 5s});
  CHECK(faults.windows()[0].opened == origin + 1s);
  CHECK(faults.windows()[0].closed == origin + 5s);
}
