#include "fault/relays.hpp"
#include "run/descriptor_limit.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

using namespace conecta;
using namespace conecta::support;

namespace {

/// A client and the server's side of the same connection, with a relay between them.
struct pair_through_relay {
  plain_socket listener;
  std::unique_ptr<fault::relay> relay;
  plain_socket client;
  plain_socket server;

  explicit pair_through_relay(wire::family version = wire::family::ipv4,
                              std::vector<fault::fault_spec> const& specs = {})
      : listener{plain_socket::listen_tcp(version)},
        relay{tcp_relay(listener.address(), specs, version)},
        client{plain_socket::connect_tcp(relay->address())},
        server{listener.accept()} {}
};

} // namespace

TEST_CASE("without a fault bytes pass unchanged in both directions at once") {
  pair_through_relay ends{GENERATE(wire::family::ipv4, wire::family::ipv6)};
  constexpr std::size_t count = std::size_t{32} << 20;
  auto const up = varied_bytes(count, 1);
  auto const down = varied_bytes(count, 2);
  std::thread up_sender{[&] { ends.client.send(up); }};
  std::thread down_sender{[&] { ends.server.send(down); }};
  std::string got_up;
  std::thread up_reader{[&] { got_up = ends.server.receive(count).bytes; }};
  auto const got_down = ends.client.receive(count).bytes;
  up_sender.join();
  down_sender.join();
  up_reader.join();
  CHECK((got_up == up)); // not to be printed
  CHECK((got_down == down));
}

TEST_CASE("a reader that waits holds its sender back, and loses nothing") {
  pair_through_relay ends;
  constexpr std::size_t count = std::size_t{32} << 20;
  auto const bytes = varied_bytes(count);
  std::thread sender{[&] { ends.server.send(bytes); }};
  std::string got;
  while (got.size() < count) {
    auto const some = ends.client.receive(std::min<std::size_t>(100'000, count - got.size()));
    REQUIRE(some.error == 0);
    got += some.bytes;
  }
  sender.join();
  CHECK((got == bytes));
}

TEST_CASE("one direction may end while the other goes on") {
  pair_through_relay ends;
  ends.client.send("last words");
  ends.client.end_sending();
  auto const heard = ends.server.receive_all();
  CHECK(heard.bytes == "last words");
  CHECK(heard.ended);
  ends.server.send("an answer");
  CHECK(ends.client.receive(9).bytes == "an answer");
  ends.server.close();
  auto const end = ends.client.receive_all();
  CHECK(end.ended);
  CHECK(end.error == 0);
}

TEST_CASE("a reset by the server is a reset for the client, and what came before is read") {
  pair_through_relay ends;
  ends.server.send("before");
  CHECK(ends.client.receive(6).bytes == "before");
  ends.server.reset();
  CHECK(ends.client.receive_all().error == ECONNRESET);
}

TEST_CASE("a reset by the client is a reset for the server") {
  pair_through_relay ends;
  ends.client.send("before");
  CHECK(ends.server.receive(6).bytes == "before");
  ends.client.reset();
  CHECK(ends.server.receive_all().error == ECONNRESET);
}

TEST_CASE("a client that closes while the server sends resets the server") {
  pair_through_relay ends;
  ends.client.close();
  CHECK(ends.server.receive_all().ended);
  CHECK(eventually([&] { return ends.server.send("into the void") != 0; }));
}

TEST_CASE("an upstream that refuses shows as a reset") {
  auto listener = plain_socket::listen_tcp();
  auto const gone = listener.address();
  listener.close();
  auto const relay = tcp_relay(gone);
  auto const client = plain_socket::connect_tcp(relay->address());
  CHECK(client.error() == 0);
  CHECK(client.receive_all().error == ECONNRESET);
}

TEST_CASE("counts at the server are those of the clients, through the relay too") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address());
  {
    std::vector<plain_socket> clients;
    for (int i = 0; i < 100; ++i) {
      clients.push_back(plain_socket::connect_tcp(relay->address()));
      REQUIRE(clients.back().ask("x\n") == "x\n");
    }
  }
  CHECK(eventually([&] { return echo->counts().open == 0; }));
  CHECK(echo->counts().accepted == 100);
  CHECK(echo->counts().requests == 100);
}

TEST_CASE("a relay's stop ends its connections, and its port refuses") {
  pair_through_relay ends;
  ends.relay->stop();
  CHECK(ends.client.receive_all().ended);
  CHECK(ends.server.receive_all().ended);
  CHECK(plain_socket::connect_tcp(ends.relay->address()).error() == ECONNREFUSED);
}

TEST_CASE("many connections that come and go at once leave nothing behind") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address());
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        auto client = plain_socket::connect_tcp(relay->address());
        right += client.ask("hello\n") == "hello\n" ? 1 : 0;
        if ((i + t) % 3 == 0) {
          client.reset();
        }
      }
    });
  }
  for (auto& each : threads) {
    each.join();
  }
  CHECK(right == 400);
  CHECK(eventually([&] { return echo->counts().open == 0; }));
  CHECK(echo->counts().accepted == 400);
}

TEST_CASE("datagrams pass unchanged, each client's answers to itself") {
  auto const version = GENERATE(wire::family::ipv4, wire::family::ipv6);
  auto const echo = target::start(udp_echo_options(), wire::address::loopback(version));
  auto const relay = udp_relay(echo->address(), {}, version);
  auto const first = plain_socket::connect_udp(relay->address());
  auto const second = plain_socket::connect_udp(relay->address());
  auto const large = varied_bytes(60'000);
  first.send("one");
  second.send("two");
  first.send(large);
  CHECK(first.receive_datagram().bytes == "one");
  CHECK(second.receive_datagram().bytes == "two");
  CHECK((first.receive_datagram().bytes == large));
  CHECK(echo->counts().requests == 3);
}

TEST_CASE("a UDP port that is closed behind the relay is silence") {
  auto echo = start_udp_echo();
  auto const relay = udp_relay(echo->address());
  auto const client = plain_socket::connect_udp(relay->address());
  client.send("1");
  CHECK(client.receive_datagram().bytes == "1");
  echo->stop();
  client.send("2");
  client.send("3");
  CHECK(client.receive_datagram(50ms).error == ETIMEDOUT);
}

TEST_CASE("a server that is not there resets its clients, and is counted by its reason") {
  auto listener = plain_socket::listen_tcp();
  auto const where = listener.address();
  listener.close();
  auto const relay = tcp_relay(where);
  auto const client = plain_socket::connect_tcp(relay->address());
  CHECK(client.receive(1).error == ECONNRESET);
  auto const passed = relay->counts();
  CHECK(passed.reached == 0);
  CHECK(passed.unreachable == 1);
  CHECK(passed.first_obstacle == ECONNREFUSED);
}

TEST_CASE("a UDP port that is closed is silence, and counts a client once until it answers again") {
  auto echo = start_udp_echo();
  auto const where = echo->address();
  auto const relay = udp_relay(where);
  auto const client = plain_socket::connect_udp(relay->address());
  CHECK(client.ask("one") == "one");
  echo.reset();
  auto const is_refused = [&](std::uint64_t times) {
    return eventually([&] {
      client.send("x");
      return relay->counts().unreachable >= times;
    });
  };
  REQUIRE(is_refused(1));
  for (int i = 0; i < 3; ++i) {
    client.send("y");
  }
  echo = target::start(udp_echo_options(), where);
  // What came before the server did is lost or answered; its last answer is to "z".
  REQUIRE(eventually([&] {
    client.send("z");
    return client.receive_datagram(20ms).bytes == "z";
  }));
  CHECK(relay->counts().unreachable == 1);
  CHECK(relay->counts().first_obstacle == ECONNREFUSED);
  echo.reset();
  CHECK(is_refused(2));
}

TEST_CASE("a client for whom there is no descriptor is turned away, whatever the server does") {
  auto const echo = target::start({});
  auto late = fault_of(fault::fault_type::connect_delay);
  late.delay = 50ms;
  auto const relay = tcp_relay(echo->address(), {late});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  REQUIRE(eventually([&] { return relay->injected(late.id) == 1; })); // it waits now
  run::descriptor_limit limit;
  limit.lower(&limit, 0);
  CHECK(client.receive(1).error == ECONNRESET);
  CHECK(relay->turned_away() == 1);
  CHECK(relay->counts().unreachable == 0);
}
