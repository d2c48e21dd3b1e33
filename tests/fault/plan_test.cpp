#include "fault/plan.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace conecta;
using namespace conecta::fault;
using namespace std::chrono_literals;

namespace {

fault_spec window(std::string id, duration start, duration length) {
  fault_spec spec;
  spec.id = std::move(id);
  spec.start = start;
  spec.length = length;
  return spec;
}

plan one(fault_spec const& spec, std::uint64_t seed = 7) { return {{spec}, spec.endpoint, seed}; }

struct moments {
  double mean = 0;
  double deviation = 0;
  duration least = duration::max();
  duration most{};
};

moments delays_of(fault_spec const& spec, std::uint64_t count) {
  auto const drawn = one(spec);
  moments found;
  double squares = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const delay = drawn.delay(0, {.connection = i % 8, .number = i / 8});
    auto const value = static_cast<double>(delay.count());
    found.mean += value;
    squares += value * value;
    found.least = std::min(found.least, delay);
    found.most = std::max(found.most, delay);
  }
  found.mean /= static_cast<double>(count);
  found.deviation = std::sqrt(squares / static_cast<double>(count) - found.mean * found.mean);
  return found;
}

} // namespace

TEST_CASE("a window holds its start and not its end") {
  auto const drawn = one(window("slow", 2s, 1s));
  CHECK_FALSE(drawn.is_active(0, -1s));
  CHECK_FALSE(drawn.is_active(0, 2s - 1ns));
  CHECK(drawn.is_active(0, 2s));
  CHECK(drawn.is_active(0, 3s - 1ns));
  CHECK_FALSE(drawn.is_active(0, 3s));
}

TEST_CASE("the next change is the next edge of any window") {
  plan const drawn{{window("a", 1s, 4s), window("b", 2s, 1s)}, 0, 7};
  CHECK(drawn.next_change(-5s) == 1s);
  CHECK(drawn.next_change(0s) == 1s);
  CHECK(drawn.next_change(1s) == 2s);
  CHECK(drawn.next_change(2s) == 3s);
  CHECK(drawn.next_change(3s) == 5s);
  CHECK_FALSE(drawn.next_change(5s).has_value());
  CHECK_FALSE(plan{}.next_change(0s).has_value());
}

TEST_CASE("a plan holds the faults of its endpoint") {
  auto other = window("other", 0s, 1s);
  other.endpoint = 1;
  plan const drawn{{other, window("own", 0s, 1s)}, 0, 7};
  REQUIRE(drawn.size() == 1);
  CHECK(drawn[0].id == "own");
  CHECK(drawn.find("own") == std::size_t{0});
  CHECK_FALSE(drawn.find("other").has_value());
}

TEST_CASE("connections are told apart by whether they are older than the window") {
  auto spec = window("reset", 2s, 1s);
  struct {
    affected applies_to;
    bool older;
    bool newer;
  } const table[] = {
      {affected::all, true, true},
      {affected::opened_before, true, false},
      {affected::opened_during, false, true},
  };
  for (auto const& row : table) {
    spec.applies_to = row.applies_to;
    CHECK(one(spec).covers(0, 2s - 1ns) == row.older);
    CHECK(one(spec).covers(0, 2s) == row.newer);
  }
}

TEST_CASE("a fault strikes in its own direction") {
  auto spec = window("slow", 0s, 1s);
  struct {
    direction towards;
    bool down;
    bool up;
  } const table[] = {
      {direction::downstream, true, false},
      {direction::upstream, false, true},
      {direction::both, true, true},
  };
  for (auto const& row : table) {
    spec.towards = row.towards;
    CHECK(one(spec).hits(0, {.towards = direction::downstream}) == row.down);
    CHECK(one(spec).hits(0, {.towards = direction::upstream}) == row.up);
  }
}

TEST_CASE("the same seed decides the same, another seed or id does not") {
  auto spec = window("loss", 0s, 1s);
  spec.probability = 0.5;
  auto decisions = [](plan const& drawn) {
    std::vector<bool> all;
    for (std::uint64_t i = 0; i < 200; ++i) {
      all.push_back(drawn.hits(0, {.connection = i % 3, .number = i / 3}));
      all.push_back(drawn.hits_connection(0, i));
    }
    return all;
  };
  auto const first = decisions(one(spec, 7));
  CHECK(decisions(one(spec, 7)) == first);
  CHECK(decisions(one(spec, 8)) != first);
  spec.id = "another";
  CHECK(decisions(one(spec, 7)) != first);
}

TEST_CASE("decisions are the same on every machine") {
  // Pinned: a change here changes what every seed means.
  auto spec = window("loss", 0s, 1s);
  spec.probability = 0.3;
  auto const drawn = one(spec, 7);
  std::string hits;
  for (std::uint64_t i = 0; i < 40; ++i) {
    hits += drawn.hits(0, {.connection = 2, .number = i}) ? 'x' : '.';
  }
  CHECK(hits == "............xxx..x.x.x..x.x.x.....xx...x");
  spec.delay = 40ms;
  spec.jitter = 10ms;
  CHECK(one(spec).delay(0, {.connection = 1, .number = 2}) == 40'845'229ns);
}

TEST_CASE("a probability is kept within its 99.9 % interval") {
  auto spec = window("loss", 0s, 1s);
  for (double const p : {0.0, 0.1, 0.3, 0.9, 1.0}) {
    spec.probability = p;
    auto const drawn = one(spec);
    constexpr std::uint64_t count = 20'000;
    double hits = 0;
    double connections = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      hits += drawn.hits(0, {.connection = i % 16, .number = i / 16}) ? 1 : 0;
      connections += drawn.hits_connection(0, i) ? 1 : 0;
    }
    auto const width = 3.29 * std::sqrt(p * (1 - p) / count);
    CHECK(std::abs(hits / count - p) <= width);
    CHECK(std::abs(connections / count - p) <= width);
  }
}

TEST_CASE("a delay without jitter is what was asked for") {
  auto spec = window("slow", 0s, 1s);
  spec.delay = 40ms;
  CHECK(one(spec).delay(0, {}) == 40ms);
}

TEST_CASE("uniform delays fill their width evenly") {
  auto spec = window("slow", 0s, 1s);
  spec.delay = 50ms;
  spec.jitter = 10ms;
  auto const found = delays_of(spec, 50'000);
  CHECK(found.mean == Approx(50e6).epsilon(0.005));
  CHECK(found.deviation == Approx(10e6 / std::sqrt(3.0)).epsilon(0.01));
  CHECK(found.least >= 40ms);
  CHECK(found.most <= 60ms);
  CHECK(found.least < 40'010us);
  CHECK(found.most > 59'990us);
}

TEST_CASE("normal delays have their mean and deviation") {
  auto spec = window("slow", 0s, 1s);
  spec.delay = 50ms;
  spec.jitter = 5ms;
  spec.spread = distribution::normal;
  auto const found = delays_of(spec, 50'000);
  CHECK(found.mean == Approx(50e6).epsilon(0.005));
  CHECK(found.deviation == Approx(5e6).epsilon(0.02));
  CHECK(found.most > 65ms); // three deviations are seen among so many
}

TEST_CASE("pareto delays have their mean, a floor and a long tail") {
  auto spec = window("slow", 0s, 1s);
  spec.delay = 50ms;
  spec.jitter = 10ms;
  spec.spread = distribution::pareto;
  auto const found = delays_of(spec, 200'000);
  CHECK(found.mean == Approx(50e6).epsilon(0.01));
  CHECK(found.least >= 44ms);
  CHECK(found.most > 150ms);
  CHECK(found.most <= 50ms + 100 * 10ms);
}

TEST_CASE("no delay is negative") {
  auto spec = window("slow", 0s, 1s);
  spec.delay = 1ms;
  spec.jitter = 10ms;
  for (auto const shape : {distribution::uniform, distribution::normal}) {
    spec.spread = shape;
    CHECK(delays_of(spec, 10'000).least == 0ns);
  }
}
