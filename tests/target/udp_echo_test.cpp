#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <sys/socket.h>

using namespace conecta;
using namespace std::chrono_literals;
using support::plain_socket;
using support::start_udp_echo;
using support::udp_echo_options;

TEST_CASE("a datagram comes back whole, an empty one too") {
  auto const version = GENERATE(wire::family::ipv4, wire::family::ipv6);
  auto const echo = target::start(udp_echo_options(), wire::address::loopback(version));
  auto const client = plain_socket::connect_udp(echo->address());
  auto const large = support::varied_bytes(60'000);
  client.send("ping");
  CHECK(client.receive_datagram().bytes == "ping");
  client.send(large);
  CHECK(client.receive_datagram().bytes == large);
  CHECK(::send(client.get(), "", 0, 0) == 0);
  auto const empty = client.receive_datagram();
  CHECK(empty.bytes.empty());
  CHECK(empty.error == 0);
  CHECK(echo->counts().requests == 3);
  CHECK(echo->counts().replies == 3);
}

TEST_CASE("a fixed reply answers every datagram") {
  auto options = udp_echo_options();
  options.reply = "pong";
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_udp(echo->address());
  client.send("ping");
  CHECK(client.receive_datagram().bytes == "pong");
}

TEST_CASE("delayed replies keep their order and their clients") {
  auto options = udp_echo_options();
  options.reply_delay = 50ms;
  auto const echo = target::start(options);
  auto const first = plain_socket::connect_udp(echo->address());
  auto const second = plain_socket::connect_udp(echo->address());
  auto const start = support::now();
  first.send("1");
  second.send("2");
  first.send("3");
  CHECK(first.receive_datagram().bytes == "1");
  CHECK(support::now() - start >= 50ms);
  CHECK(first.receive_datagram().bytes == "3");
  CHECK(second.receive_datagram().bytes == "2");
}

TEST_CASE("what has arrived is counted before the stop, and the port is free after it") {
  auto const echo = start_udp_echo();
  auto const client = plain_socket::connect_udp(echo->address());
  for (int i = 0; i < 100; ++i) {
    client.send("x");
  }
  echo->stop();
  CHECK(echo->counts().requests == 100);
  client.send("x");
  CHECK(client.receive_datagram().error != ETIMEDOUT);
}

TEST_CASE("a reply that the kernel does not take, or that is still to come at the end, is none") {
  auto options = udp_echo_options();
  SECTION("too long for a datagram") { options.reply = std::string(65'508, 'x'); }
  SECTION("later than the end") { options.reply_delay = std::chrono::hours{1}; }
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_udp(echo->address());
  client.send("ping");
  REQUIRE(support::eventually([&] { return echo->counts().requests == 1; }));
  echo->stop();
  CHECK(echo->counts().replies == 0);
}
