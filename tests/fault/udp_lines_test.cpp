// Losses in bursts and bandwidth, a datagram at a time, as an ordinary client sees them.

#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace conecta;
using namespace conecta::support;
using fault::direction;
using fault::fault_type;
using fault::line_state;

namespace {

struct echoing {
  std::unique_ptr<target::server> echo;
  std::unique_ptr<fault::relay> relay;
  plain_socket client;

  explicit echoing(fault::fault_spec const& spec)
      : echo{start_udp_echo()},
        relay{udp_relay(echo->address(), {spec})},
        client{plain_socket::connect_udp(relay->address())} {}
};

fault::fault_spec bursts(double p, double r) {
  auto spec = fault_of(fault_type::loss);
  spec.burst = fault::burst_model{p, r};
  return spec;
}

struct measured {
  double lost = 0; ///< share of all
  double bursts = 0;
  double mean_length = 0;
};

measured measure(std::vector<bool> const& arrived) {
  double lost = 0;
  double begun = 0;
  bool before = true;
  for (bool const each : arrived) {
    lost += each ? 0 : 1;
    begun += before && !each ? 1 : 0;
    before = each;
  }
  return {lost / static_cast<double>(arrived.size()), begun, lost / begun};
}

/// Whether what arrived is p / (p + r) lost, in bursts of 1 / r on average, each within its 99 %
/// interval: of a chain of two states whose neighbours correlate by 1 - p - r, and of a geometric
/// distribution.
void check_bursts(std::vector<bool> const& arrived, double p, double r) {
  auto const found = measure(arrived);
  auto const share = p / (p + r);
  auto const correlation = 1 - p - r;
  auto const count = static_cast<double>(arrived.size());
  auto const deviation =
      std::sqrt(share * (1 - share) * (1 + correlation) / (1 - correlation) / count);
  CHECK(std::abs(found.lost - share) <= 2.576 * deviation);
  CHECK(std::abs(found.mean_length - 1 / r) <=
        2.576 * std::sqrt(1 - r) / r / std::sqrt(found.bursts));
}

/// Which of so many datagrams of the first connection the plan lets arrive.
std::vector<bool> planned(fault::fault_spec const& spec, std::uint64_t count) {
  fault::plan const drawn{{spec}, 0, 7};
  std::vector<bool> arrive;
  auto state = line_state::good;
  for (std::uint64_t i = 0; i < count; ++i) {
    fault::draw_point const point{0, direction::downstream, i};
    state = drawn.next_state(0, point, state);
    arrive.push_back(state == line_state::good || !drawn.hits(0, point));
  }
  return arrive;
}

} // namespace

TEST_CASE("a plan's bursts have their share and their length") {
  check_bursts(planned(bursts(0.05, 0.25), 100'000), 0.05, 0.25);
  check_bursts(planned(bursts(0.01, 0.5), 100'000), 0.01, 0.5);
  check_bursts(planned(bursts(0.3, 0.7), 100'000), 0.3, 0.7); // no bursts: each on its own
}

TEST_CASE("losses in bursts are p / (p + r) of all, 1 / r long on average, and are the plan's") {
  constexpr std::uint64_t count = 4000;
  auto const spec = bursts(0.05, 0.25);
  auto const expected = planned(spec, count);
  echoing const ends{spec};
  REQUIRE(begin_and_open(*ends.relay));
  std::vector<bool> arrived(count, false);
  for (std::uint64_t i = 0; i < count; ++i) {
    ends.client.send(std::to_string(i));
    if (expected[i]) { // in their order, so what comes is what the plan let through
      auto const got = ends.client.receive_datagram().bytes;
      REQUIRE(got == std::to_string(i));
      arrived[i] = true;
    }
  }
  check_bursts(arrived, 0.05, 0.25);
  CHECK(ends.echo->counts().requests == count);
  CHECK(eventually([&] {
    return ends.relay->injected("loss") ==
           static_cast<std::uint64_t>(std::ranges::count(expected, false));
  }));
}

TEST_CASE("a probability spares some of what comes in a burst") {
  auto spec = bursts(0.2, 0.2);
  spec.probability = 0.5;
  auto const found = measure(planned(spec, 100'000));
  CHECK(found.lost == Approx(0.25).epsilon(0.05));
}

TEST_CASE("each connection and each direction has bursts of its own") {
  auto spec = bursts(0.5, 0.5);
  spec.towards = direction::both;
  fault::plan const drawn{{spec}, 0, 7};
  auto const states = [&](std::uint64_t connection, direction towards) {
    std::string text;
    auto state = line_state::good;
    for (std::uint64_t i = 0; i < 64; ++i) {
      state = drawn.next_state(0, {connection, towards, i}, state);
      text += state == line_state::good ? '.' : 'x';
    }
    return text;
  };
  CHECK(states(0, direction::downstream) == states(0, direction::downstream));
  CHECK(states(0, direction::downstream) != states(1, direction::downstream));
  CHECK(states(0, direction::downstream) != states(0, direction::upstream));
}

TEST_CASE("a UDP bandwidth of 256 KiB/s is measured within 5 %, both ways if asked") {
  auto const towards = GENERATE(direction::downstream, direction::upstream);
  auto spec = fault_of(fault_type::bandwidth);
  spec.rate = 256 << 10;
  spec.queue = 1 << 20;
  spec.towards = towards;
  CHECK(in_a_quiet_moment([&] {
    echoing const ends{spec};
    REQUIRE(begin_and_open(*ends.relay));
    constexpr int count = 64; // of 1 KiB: so many fit into a socket's buffer
    auto const start = now();
    for (int i = 0; i < count; ++i) {
      ends.client.send(varied_bytes(1024, static_cast<unsigned>(i)));
    }
    for (int i = 0; i < count; ++i) {
      REQUIRE(
          (ends.client.receive_datagram().bytes == varied_bytes(1024, static_cast<unsigned>(i))));
    }
    auto const took = std::chrono::duration<double>(now() - start).count();
    constexpr double asked = count / 256.0;
    REQUIRE(ends.relay->injected("bandwidth") == 1);
    REQUIRE(took >= asked * 0.95);
    return took <= asked * 1.05;
  }));
}

TEST_CASE("datagrams beyond the queue are lost, and those in it arrive when the window ends") {
  auto spec = fault_of(fault_type::bandwidth, 0s, 1500ms);
  spec.rate = 1; // nothing leaves by itself
  spec.queue = 2048;
  echoing const ends{spec};
  REQUIRE(begin_and_open(*ends.relay));
  for (unsigned i = 0; i < 6; ++i) {
    ends.client.send(varied_bytes(1024, i));
  }
  CHECK(eventually([&] { return ends.echo->counts().requests == 6; }));
  CHECK(ends.client.receive_datagram(50ms).error != 0);
  REQUIRE(has_closed(*ends.relay));
  CHECK((ends.client.receive_datagram().bytes == varied_bytes(1024, 0)));
  CHECK((ends.client.receive_datagram().bytes == varied_bytes(1024, 1)));
  CHECK(ends.client.ask("after") == "after");
}
