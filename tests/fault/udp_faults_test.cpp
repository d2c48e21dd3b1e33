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

std::ptrdiff_t open_descriptors() {
  std::filesystem::directory_iterator const all{"/proc/self/fd"};
  return std::distance(begin(all), end(all));
}

/// Sends so many numbered datagrams, and returns the numbers that came back: each came or was
/// counted as lost before the next ones go out.
std::set<std::string> echoed(fault::relay const& through, int count) {
  auto const client = plain_socket::connect_udp(through.address());
  std::set<std::string> back;
  for (int sent = 1; sent <= count; ++sent) {
    client.send(std::to_string(sent - 1));
    if (sent % 50 != 0) { // before a buffer overflows
      continue;
    }
    CHECK(eventually([&] {
      for (auto got = client.receive_datagram(1ms); got.error == 0;
           got = client.receive_datagram(1ms)) {
        back.insert(got.bytes);
      }
      return back.size() + through.injected("loss") == static_cast<std::uint64_t>(sent);
    }));
  }
  return back;
}

} // namespace

TEST_CASE("a loss of 0.3 is measured within its 99 % interval, and is the plan's to the datagram") {
  auto const echo = start_udp_echo();
  auto spec = fault_of(fault_type::loss);
  spec.probability = 0.3;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  constexpr int count = 1000;
  auto const back = echoed(*relay, count);

  auto const lost = 1.0 - static_cast<double>(back.size()) / count;
  CHECK(std::abs(lost - 0.3) <= 2.576 * std::sqrt(0.3 * 0.7 / count));
  CHECK(echo->counts().requests == count); // downstream: the server saw them all

  // The replies come in order, so the plan can be asked about each.
  fault::plan const drawn{{spec}, 0, 7};
  for (std::uint64_t i = 0; i < count; ++i) {
    bool const arrived = back.contains(std::to_string(i));
    REQUIRE(arrived != drawn.hits(0, {.connection = 0, .number = i}));
  }
}

TEST_CASE("a loss upstream keeps datagrams from the server") {
  auto const echo = start_udp_echo();
  auto spec = fault_of(fault_type::loss);
  spec.towards = direction::upstream;
  spec.probability = 0.5;
  auto const relay = udp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const back = echoed(*relay, 200);
  CHECK(echo->counts().requests == back.size());
}

TEST_CASE("after its window nothing is lost") {
  auto const echo = start_udp_echo();
  auto const relay = udp_relay(echo->address(), {fault_of(fault_type::loss, 0ms, 200ms)});
  auto const client = plain_socket::connect_udp(relay->address());
  REQUIRE(begin_and_open(*relay));
  client.send("lost");
  REQUIRE(has_closed(*relay));
  client.send("kept");
  CHECK(client.receive_datagram().bytes == "kept");
}

TEST_CASE("a delayed datagram comes later, and a quicker one may overtake it") {
  auto const echo = start_udp_echo();
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
  auto const echo = start_udp_echo();
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
  auto const echo = start_udp_echo();
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
  auto const echo = start_udp_echo();
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

namespace {

struct datagram_ends {
  std::unique_ptr<target::server> echo = start_udp_echo();
  std::unique_ptr<fault::relay> relay;
  plain_socket client;

  explicit datagram_ends(fault::fault_spec const& spec)
      : relay{udp_relay(echo->address(), {spec})},
        client{plain_socket::connect_udp(relay->address())} {}

  std::string ask(std::string const& bytes) const {
    client.send(bytes);
    return client.receive_datagram().bytes;
  }
};

} // namespace

TEST_CASE("a duplicate arrives twice") {
  datagram_ends const ends{fault_of(fault_type::duplicate)};
  REQUIRE(begin_and_open(*ends.relay));
  CHECK(ends.ask("one") == "one");
  CHECK(ends.client.receive_datagram().bytes == "one");
  CHECK(ends.ask("two") == "two");
  CHECK(ends.relay->injected("duplicate") == 2);
}

TEST_CASE("a datagram is overtaken by as many as asked") {
  auto spec = fault_of(fault_type::reorder);
  spec.behind = 2;
  spec.probability = GENERATE(0.3, 1.0);
  fault::plan const drawn{{spec}, 0, 7};
  std::vector<std::string> expected;
  std::vector<std::pair<std::string, std::size_t>> held;
  datagram_ends const ends{spec};
  REQUIRE(begin_and_open(*ends.relay));
  for (std::uint64_t i = 0; i < 40; ++i) {
    auto const text = std::to_string(i);
    ends.client.send(text);
    REQUIRE(eventually([&] { return ends.echo->counts().requests == i + 1; }));
    if (held.empty() && drawn.hits(0, {0, direction::downstream, i})) {
      held.emplace_back(text, 2);
      continue;
    }
    expected.push_back(text);
    for (auto& each : held) {
      if (--each.second == 0) {
        expected.push_back(each.first);
      }
    }
    std::erase_if(held, [](auto const& each) { return each.second == 0; });
  }
  std::vector<std::string> got;
  while (got.size() < expected.size()) {
    got.push_back(ends.client.receive_datagram().bytes);
  }
  CHECK(got == expected);
  CHECK(ends.relay->injected("reorder") > 0);
}

TEST_CASE("a closed port says ECONNREFUSED to a connected client, and then serves again") {
  datagram_ends const ends{fault_of(fault_type::port_closed, 0s, 200ms)};
  CHECK(ends.ask("before") == "before");
  REQUIRE(begin_and_open(*ends.relay));
  ends.client.send("x");
  CHECK(ends.client.receive_datagram().error == ECONNREFUSED);
  REQUIRE(has_closed(*ends.relay));
  CHECK(ends.ask("after") == "after");
  CHECK(ends.relay->injected("port_closed") == 1);
}

TEST_CASE("a stalled datagram waits for the end of the window, one in a blackhole is lost") {
  auto const type = GENERATE(fault_type::stall, fault_type::blackhole);
  auto spec = fault_of(type, 0s, 200ms);
  spec.towards = type == fault_type::stall ? direction::downstream : direction::both;
  datagram_ends const ends{spec};
  REQUIRE(begin_and_open(*ends.relay));
  ends.client.send("held");
  CHECK(ends.client.receive_datagram(50ms).error != 0);
  REQUIRE(has_closed(*ends.relay));
  if (type == fault_type::stall) {
    CHECK(ends.client.receive_datagram().bytes == "held");
  }
  CHECK(ends.ask("after") == "after");
  CHECK(ends.relay->injected(fault::name_of(type)) == 1);
}

TEST_CASE("datagrams are corrupted, cut short, and followed by what nobody asked for") {
  auto corrupt = fault_of(fault_type::corrupt);
  datagram_ends const flipped{corrupt};
  REQUIRE(begin_and_open(*flipped.relay));
  auto const got = flipped.ask("00000000");
  CHECK(got.size() == 8);
  CHECK(got != "00000000");

  auto truncate = fault_of(fault_type::truncate);
  truncate.bytes = 3;
  datagram_ends const cut{truncate};
  REQUIRE(begin_and_open(*cut.relay));
  CHECK(cut.ask("0123") == "012");

  auto extra = fault_of(fault_type::extra_reply);
  extra.send = "more";
  datagram_ends const more{extra};
  REQUIRE(begin_and_open(*more.relay));
  CHECK(more.ask("x") == "x");
  CHECK(more.client.receive_datagram().bytes == "more");
  CHECK(more.relay->injected("extra_reply") == 1);
}
