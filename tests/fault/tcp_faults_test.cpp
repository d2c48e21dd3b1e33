#include "fault/relays.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <sys/socket.h>

using namespace conecta;
using namespace conecta::support;
using fault::affected;
using fault::direction;
using fault::fault_type;

namespace {

fault::fault_spec latency(duration delay, duration jitter = 0s) {
  auto spec = fault_of(fault_type::latency);
  spec.delay = delay;
  spec.jitter = jitter;
  return spec;
}

/// How long each of `rounds` round trips took, on `width` connections in turn.
std::vector<duration> round_trips(wire::address const& to, std::size_t width, std::size_t rounds) {
  std::vector<plain_socket> clients;
  for (std::size_t i = 0; i < width; ++i) {
    clients.push_back(plain_socket::connect_tcp(to));
  }
  std::vector<duration> took;
  for (std::size_t i = 0; i < rounds; ++i) {
    for (auto const& each : clients) {
      auto const start = now();
      REQUIRE(each.ask("x\n") == "x\n");
      took.push_back(now() - start);
    }
  }
  return took;
}

} // namespace

TEST_CASE("a latency of 40 ms is 40 to 42 ms for its clients") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {latency(40ms)});
  REQUIRE(begin_and_open(*relay));
  CHECK(in_a_quiet_moment([&] {
    auto const took = round_trips(relay->address(), 1, 9);
    REQUIRE(std::ranges::min(took) >= 40ms);
    return quantile(took, 0.5) <= 42ms;
  }));
  CHECK(relay->injected("latency") % 9 == 0);
}

TEST_CASE("with jitter each chunk is as late as the plan drew it, within 5 % in the middle") {
  auto const echo = target::start({});
  auto const spec = latency(40ms, 32ms);
  constexpr std::size_t width = 3;
  fault::plan const drawn{{spec}, 0, 7};
  CHECK(in_a_quiet_moment([&] {
    auto const relay = tcp_relay(echo->address(), {spec});
    REQUIRE(begin_and_open(*relay));
    auto const took = round_trips(relay->address(), width, 6);
    std::vector<duration> excess;
    for (std::size_t i = 0; i < took.size(); ++i) {
      fault::draw_point const chunk{i % width, direction::downstream, i / width};
      excess.push_back(took[i] - drawn.delay(0, chunk));
    }
    REQUIRE(std::ranges::min(excess) >= 0ms);
    return quantile(excess, 0.5) <= 2ms;
  }));
}

TEST_CASE("a latency both ways is felt twice, one downstream is not felt by the server") {
  auto const echo = target::start({});
  auto spec = latency(30ms);
  spec.towards = direction::both;
  auto const relay = tcp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const took = round_trips(relay->address(), 1, 3);
  CHECK(std::ranges::min(took) >= 60ms);
  CHECK(std::ranges::min(took) < 70ms);
  CHECK(relay->injected("latency") == 6);
}

TEST_CASE("a latency delays, but does not slow down: 8 MiB take little more than the delay") {
  auto const listener = plain_socket::listen_tcp();
  auto const relay = tcp_relay(listener.address(), {latency(100ms, 50ms)});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto const server = listener.accept();
  auto const bytes = varied_bytes(std::size_t{8} << 20);
  auto const start = now();
  server.send(bytes);
  auto const got = client.receive(bytes.size());
  auto const took = now() - start;
  CHECK((got.bytes == bytes)); // in order, whatever the jitter
  CHECK(took >= 100ms);
  CHECK(took < 2s); // one after the other its 128 chunks would take 12 s
}

TEST_CASE("an end arrives behind the bytes that were delayed") {
  auto const listener = plain_socket::listen_tcp();
  auto const relay = tcp_relay(listener.address(), {latency(30ms)});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto server = listener.accept();
  server.send("goodbye");
  server.close();
  auto const all = client.receive_all();
  CHECK(all.bytes == "goodbye");
  CHECK(all.ended);
}

TEST_CASE("outside of its window a latency is not felt") {
  auto const echo = target::start({});
  auto spec = latency(200ms);
  spec.start = 50ms;
  spec.length = 100ms;
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const client = plain_socket::connect_tcp(relay->address());
  auto quick = [&] {
    auto const start = now();
    REQUIRE(client.ask("x\n") == "x\n");
    return now() - start < 200ms;
  };
  CHECK(quick()); // the run has not begun
  auto const origin = now();
  relay->begin(origin);
  REQUIRE(has_opened(*relay));
  CHECK_FALSE(quick());
  REQUIRE(has_closed(*relay));
  CHECK(quick());
  auto const times = relay->windows()[0];
  CHECK(*times.opened - origin >= 50ms);
  CHECK(*times.opened - origin < 140ms);
  CHECK(*times.closed - origin >= 150ms);
}

TEST_CASE("at its start a reset window resets live connections for real, and new ones too") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {fault_of(fault_type::reset, 50ms, 200ms)});
  auto const first = plain_socket::connect_tcp(relay->address());
  auto const second = plain_socket::connect_tcp(relay->address());
  CHECK(first.ask("x\n") == "x\n");
  CHECK(second.ask("x\n") == "x\n");
  relay->begin(now());
  CHECK(first.receive_all().error == ECONNRESET);
  CHECK(second.receive_all().error == ECONNRESET);
  auto const late = plain_socket::connect_tcp(relay->address());
  CHECK(late.receive_all().error == ECONNRESET);
  CHECK(relay->injected("reset") == 3);

  REQUIRE(has_closed(*relay));
  CHECK(plain_socket::connect_tcp(relay->address()).ask("y\n") == "y\n");
  CHECK(relay->injected("reset") == 3);
}

TEST_CASE("a reset that applies to existing connections spares new ones, and the reverse") {
  auto const applies_to = GENERATE(affected::opened_before, affected::opened_during);
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::reset);
  spec.applies_to = applies_to;
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  REQUIRE(begin_and_open(*relay));
  auto const newer = plain_socket::connect_tcp(relay->address());
  auto const& spared = applies_to == affected::opened_before ? newer : older;
  auto const& hit = applies_to == affected::opened_before ? older : newer;
  CHECK(spared.ask("y\n") == "y\n");
  CHECK(hit.receive_all().error == ECONNRESET);
  CHECK(relay->injected("reset") == 1);
}

TEST_CASE("a reset with a probability picks the connections that the plan picks") {
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::reset);
  spec.probability = 0.4;
  auto const relay = tcp_relay(echo->address(), {spec});
  std::vector<plain_socket> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(plain_socket::connect_tcp(relay->address()));
    REQUIRE(clients.back().ask("x\n") == "x\n"); // accepted in this order
  }
  REQUIRE(begin_and_open(*relay));
  fault::plan const drawn{{spec}, 0, 7};
  std::uint64_t picked = 0;
  for (std::uint64_t i = 0; i < clients.size(); ++i) {
    bool const hit = drawn.hits_connection(0, i);
    picked += hit ? 1 : 0;
    CHECK((clients[i].ask("y\n") == "y\n") != hit);
  }
  CHECK(relay->injected("reset") == picked);
}

TEST_CASE("a reset after some bytes of reply cuts there") {
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::reset);
  spec.after_bytes = 5;
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("0123456\n") == "0123456\n"); // before the window: does not count
  REQUIRE(begin_and_open(*relay));
  auto const newer = plain_socket::connect_tcp(relay->address());
  for (auto const* each : {&older, &newer}) {
    CHECK(each->ask("ab\n") == "ab\n"); // 3 bytes
    each->send("cdef\n");
    auto const rest = each->receive_all();
    CHECK(rest.bytes == "cd");
    CHECK(rest.error == ECONNRESET);
  }
  CHECK(relay->injected("reset") == 2);
}

TEST_CASE("while a port refuses, the kernel says so, and then it serves again") {
  auto const version = GENERATE(wire::family::ipv4, wire::family::ipv6);
  auto const echo = target::start({}, wire::address::loopback(version));
  auto const relay =
      tcp_relay(echo->address(), {fault_of(fault_type::refuse, 20ms, 200ms)}, version);
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  relay->begin(now());
  REQUIRE(has_opened(*relay));
  CHECK(plain_socket::connect_tcp(relay->address()).error() == ECONNREFUSED);
  CHECK(older.ask("y\n") == "y\n"); // existing connections go on

  // Nobody else can take the port meanwhile.
  wire::descriptor const thief{::socket(relay->address().domain(), SOCK_STREAM, 0)};
  auto const address = relay->address();
  CHECK(::bind(thief.get(), address.data(), address.size()) == -1);
  CHECK(errno == EADDRINUSE);

  REQUIRE(has_closed(*relay));
  CHECK(plain_socket::connect_tcp(address).ask("z\n") == "z\n");
  CHECK(older.ask("y\n") == "y\n");
  CHECK(relay->injected("refuse") == 1);
}

TEST_CASE("two windows that refuse at once open the port when both have closed") {
  auto const echo = target::start({});
  auto first = fault_of(fault_type::refuse, 0ms, 50ms);
  auto second = fault_of(fault_type::refuse, 20ms, 80ms);
  second.id = "second";
  auto const relay = tcp_relay(echo->address(), {first, second});
  relay->begin(now());
  REQUIRE(has_closed(*relay, 0));
  CHECK(plain_socket::connect_tcp(relay->address()).error() == ECONNREFUSED);
  REQUIRE(has_closed(*relay, 1));
  CHECK(plain_socket::connect_tcp(relay->address()).error() == 0);
}

TEST_CASE("a refusal with a probability resets those that it picks") {
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::refuse);
  spec.probability = 0.5;
  auto const relay = tcp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  fault::plan const drawn{{spec}, 0, 7};
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto const client = plain_socket::connect_tcp(relay->address());
    CHECK(client.error() == 0);
    CHECK((client.ask("x\n") == "x\n") != drawn.hits_connection(0, i));
  }
}

TEST_CASE("a relay that stops inside a window notes when") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {fault_of(fault_type::reset)});
  REQUIRE(begin_and_open(*relay));
  CHECK_FALSE(relay->windows()[0].closed.has_value());
  relay->stop();
  CHECK(relay->windows()[0].closed.has_value());
}
