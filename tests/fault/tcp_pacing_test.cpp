#include "fault/relays.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <poll.h>

using namespace conecta;
using namespace conecta::support;
using fault::direction;
using fault::fault_type;

namespace {

/// Whether something can be read within `patience`.
bool hears(plain_socket const& client, std::chrono::milliseconds patience) {
  pollfd waiting{.fd = client.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

struct ends {
  plain_socket listener = plain_socket::listen_tcp();
  std::unique_ptr<fault::relay> relay;
  plain_socket client;
  plain_socket server;

  explicit ends(fault::fault_spec const& spec)
      : relay{tcp_relay(listener.address(), {spec})},
        client{plain_socket::connect_tcp(relay->address())},
        server{listener.accept()} {}
};

} // namespace

TEST_CASE("a bandwidth of 1 MiB/s is measured within 5 %, both ways if asked") {
  auto const towards = GENERATE(direction::downstream, direction::upstream);
  auto spec = fault_of(fault_type::bandwidth);
  spec.rate = 1 << 20;
  spec.queue = 64 << 10;
  spec.towards = towards;
  CHECK(in_a_quiet_moment([&] {
    ends const between{spec};
    REQUIRE(begin_and_open(*between.relay));
    bool const down = towards == direction::downstream;
    auto const& from = down ? between.server : between.client;
    auto const& to = down ? between.client : between.server;
    constexpr std::size_t count = std::size_t{256} << 10;
    auto const bytes = varied_bytes(count);
    auto const start = now();
    from.send(bytes);
    auto const got = to.receive(count);
    auto const took = std::chrono::duration<double>(now() - start).count();
    REQUIRE((got.bytes == bytes));
    REQUIRE(between.relay->injected("bandwidth") == 1);
    REQUIRE(took >= 0.25 * 0.95);
    return took <= 0.25 * 1.05;
  }));
}

TEST_CASE("a slicer lets bytes arrive in slices, a gap apart") {
  auto spec = fault_of(fault_type::slicer);
  spec.size = 10;
  spec.gap = 5ms;
  ends const between{spec};
  REQUIRE(begin_and_open(*between.relay));
  auto const start = now();
  between.server.send(varied_bytes(95));
  CHECK((between.client.receive(95).bytes == varied_bytes(95)));
  CHECK(now() - start >= 9 * 5ms);
  CHECK(between.relay->injected("slicer") == 1);
}

TEST_CASE("a stalled reply stops after so many bytes, and goes on when the window ends") {
  auto spec = fault_of(fault_type::stall, 0s, 300ms);
  spec.after_bytes = 3;
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const client = plain_socket::connect_tcp(relay->address());
  CHECK(client.ask("before\n") == "before\n");
  REQUIRE(begin_and_open(*relay));
  client.send("012345\n");
  CHECK(client.receive(3).bytes == "012");
  bool const more = hears(client, 50ms);
  CHECK_FALSE(more);
  REQUIRE(has_closed(*relay));
  CHECK(client.receive(4).bytes == "345\n");
  CHECK(client.ask("after\n") == "after\n");
  CHECK(relay->injected("stall") == 1);
}

TEST_CASE("a stall with a probability stops the requests that the plan picks") {
  auto spec = fault_of(fault_type::stall);
  spec.probability = 0.3;
  auto const echo = target::start({});
  fault::plan const drawn{{spec}, 0, 7};
  for (int round = 0; round < 2; ++round) { // twice the same
    auto const relay = tcp_relay(echo->address(), {spec});
    REQUIRE(begin_and_open(*relay));
    std::uint64_t stalled = 0;
    for (std::uint64_t connection = 0; connection < 10; ++connection) {
      auto const client = plain_socket::connect_tcp(relay->address());
      std::uint64_t request = 1;
      for (; request < 20 && !drawn.hits_request(0, connection, request); ++request) {
        REQUIRE(client.ask("x\n") == "x\n");
      }
      client.send("x\n");
      CHECK_FALSE(hears(client, 10ms));
      ++stalled;
      CHECK(eventually([&] { return relay->injected("stall") == stalled; }));
    }
  }
}

TEST_CASE("into a blackhole nothing goes and nothing comes out, no end either, until it ends") {
  auto spec = fault_of(fault_type::blackhole, 0s, 400ms);
  spec.towards = direction::both;
  ends between{spec};
  REQUIRE(begin_and_open(*between.relay));
  between.client.send("up");
  between.server.send("down");
  between.server.end_sending();
  CHECK_FALSE(hears(between.client, 50ms));
  CHECK_FALSE(hears(between.server, 10ms));
  REQUIRE(has_closed(*between.relay));
  auto const got = between.client.receive_all();
  CHECK(got.bytes == "down");
  CHECK(got.ended);
  CHECK(between.server.receive(2).bytes == "up");
}

TEST_CASE("a connection delay makes the first byte late, and nothing after it") {
  auto spec = fault_of(fault_type::connect_delay);
  spec.delay = 60ms;
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  REQUIRE(begin_and_open(*relay));
  auto const start = now();
  auto const newer = plain_socket::connect_tcp(relay->address());
  CHECK(newer.error() == 0);
  CHECK(newer.ask("y\n") == "y\n");
  CHECK(now() - start >= 60ms);
  CHECK(in_a_quiet_moment([&] {
    auto const asked = now();
    REQUIRE(newer.ask("z\n") == "z\n");
    return now() - asked < 20ms;
  }));
  CHECK(relay->injected("connect_delay") == 1);
}
