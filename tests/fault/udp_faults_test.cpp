#include "fault/relays.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>

using namespace conecta;
using namespace conecta::support;
using fault::direction;
using fault::fault_type;

namespace {

std::unique_ptr<target::server> udp_echo() {
  target::target_options options;
  options.kind = target::target_kind::udp_echo;
  return target::start(options);
}

std::ptrdiff_t open_descriptors() {
  std::filesystem::directory_iterator const all{"/proc/self/fd"};
  return std::distance(begin(all), end(all));
}

/// Sends so many numbered datagrams, and returns the numbers that came back.
std::set<std::string> echoed(plain_socket const& client, int count) {
  std::set<std::string> back;
  for (int i = 0; i < count; ++i) {
    client.send(std::to_string(i));
    if (i % 50 == 49) { // before a buffer overflows
      for (auto got = client.receive_datagram(20ms); got.error == 0;
           got = client.receive_datagram(20ms)) {
        back.insert(got.bytes);
      }
    }
  }
  return back;
}

} // namespace

TEST_CASE("a loss of 0.3 is measured within its 99 % interval, and is the plan's to the datagram") {
  auto const echo = udp_echo();
  auto spec = fault_of(fault_type::loss);
  spec.probability = 0.3;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_udp(relay->address());
  constexpr int count = 1000;
  auto const back = echoed(client, count);

  auto const lost = 1.0 - static_cast<double>(back.size()) / count;
  CHECK(std::abs(lost - 0.3) <= 2.576 * std::sqrt(0.3 * 0.7 / count));
  CHECK(relay->injected("loss") == count - back.size());
  CHECK(echo->counts().requests == count); // downstream: the server saw them all

  // The replies come in order, so the plan can be asked about each.
  fault::plan const drawn{{spec}, 0, 7};
  for (std::uint64_t i = 0; i < count; ++i) {
    bool const arrived = back.contains(std::to_string(i));
    REQUIRE(arrived != drawn.hits(0, {.connection = 0, .number = i}));
  }
}

TEST_CASE("a loss upstream keeps datagrams from the server") {
  auto const echo = udp_echo();
  auto spec = fault_of(fault_type::loss);
  spec.towards = direction::upstream;
  spec.probability = 0.5;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const back = echoed(plain_socket::connect_udp(relay->address()), 200);
  CHECK(echo->counts().requests == back.size());
  CHECK(relay->injected("loss") == 200 - back.size());
}

TEST_CASE("after its window nothing is lost") {
  auto const echo = udp_echo();
  auto const relay = udp_relay(echo->address(), {fault_of(fault_type::loss, 0ms, 30ms)});
  auto const client = plain_socket::connect_udp(relay->address());
  REQUIRE(begin_and_open(*relay));
  client.send("lost");
  REQUIRE(has_closed(*relay));
  client.send("kept");
  CHECK(client.receive_datagram().bytes == "kept");
}

TEST_CASE("a delayed datagram comes later, and a quicker one may overtake it") {
  auto const echo = udp_echo();
  auto spec = fault_of(fault_type::latency);
  spec.delay = 30ms;
  spec.jitter = 30ms;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_udp(relay->address());
  std::string sent;
  std::string came;
  for (char each = 'a'; each <= 'z'; ++each) {
    sent += each;
    client.send({&each, 1});
  }
  for (char each = 'a'; each <= 'z'; ++each) {
    came += client.receive_datagram().bytes;
  }
  CHECK(came != sent);
  CHECK(std::set<char>(came.begin(), came.end()) == std::set<char>(sent.begin(), sent.end()));
  CHECK(relay->injected("latency") == 26);
}

TEST_CASE("a UDP latency of 40 ms is 40 to 42 ms") {
  auto const echo = udp_echo();
  auto spec = fault_of(fault_type::latency);
  spec.delay = 40ms;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_udp(relay->address());
  CHECK(in_a_quiet_moment([&] {
    std::vector<duration> took;
    for (int i = 0; i < 9; ++i) {
      auto const start = now();
      client.send("x");
      REQUIRE(client.receive_datagram().bytes == "x");
      took.push_back(now() - start);
    }
    REQUIRE(std::ranges::min(took) >= 40ms);
    return quantile(took, 0.5) <= 42ms;
  }));
}

TEST_CASE("a client that the relay was told to forget is a new one when it comes back") {
  auto const echo = udp_echo();
  auto const relay = udp_relay(echo->address());
  relay->begin(now());
  auto const client = plain_socket::connect_udp(relay->address());
  CHECK(client.ask("one") == "one");
  auto const before = open_descriptors();
  relay->forget(client.address());
  CHECK(eventually([&] { return open_descriptors() == before - 1; }));
  CHECK(client.ask("two") == "two");
  CHECK(relay->turned_away() == 0);
}

TEST_CASE("clients above the relay's limit are turned away, and counted") {
  auto const echo = udp_echo();
  auto const relay =
      fault::start_udp_relay({echo->address(), fault::plan{std::vector<fault::fault_spec>{}, 0, 7},
                              wire::address::loopback(), 1});
  relay->begin(now());
  auto const first = plain_socket::connect_udp(relay->address());
  auto const second = plain_socket::connect_udp(relay->address());
  CHECK(first.ask("one") == "one");
  second.send("two");
  CHECK(eventually([&] { return relay->turned_away() == 1; }));
  relay->forget(first.address());
  CHECK(eventually([&] {
    second.send("three");
    return second.receive_datagram(20ms).bytes == "three";
  }));
}
