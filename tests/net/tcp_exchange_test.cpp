#include "conversation.hpp"

#include <boost/system/system_error.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <string>

using namespace conecta;
using namespace conecta::net;
using support::plain_socket;
using test::conversation;
using test::url_of;

namespace {

until_delimiter const line{"\n"};

struct pair {
  explicit pair(wire::family version = wire::family::ipv4)
      : listener{plain_socket::listen_tcp(version)},
        client{url_of(transport::tcp, listener.address())},
        server{listener.accept()} {}

  plain_socket listener;
  conversation client;
  plain_socket server;
};

bool has_ipv6() { return plain_socket::listen_tcp(wire::family::ipv6).error() == 0; }

} // namespace

TEST_CASE("a request gets its reply, over IPv4 and IPv6") {
  auto const version = GENERATE(wire::family::ipv4, wire::family::ipv6);
  if (version == wire::family::ipv6 && !has_ipv6()) {
    return;
  }
  pair both{version};
  CHECK(both.client.notes().address == both.listener.address().text());
  both.client.start("hello\n", line);
  CHECK(both.server.receive(6).bytes == "hello\n");
  both.server.send("world\n");
  auto const& how = both.client.finish();
  CHECK_FALSE(how.failed);
  CHECK(how.left == outcome::after::reusable);
  CHECK(both.client.reply() == "world\n");
  CHECK(both.client.counters().connections_established == 1);
  CHECK(both.client.counters().requests_sent == 1);
  CHECK(both.client.counters().replies_received == 1);
}

TEST_CASE("a port where nobody listens refuses, and no connection is made") {
  auto listener = plain_socket::listen_tcp();
  auto const where = listener.address();
  listener.close();
  conversation client{url_of(transport::tcp, where)};
  REQUIRE(client.problem());
  try {
    std::rethrow_exception(client.problem());
  } catch (boost::system::system_error const& thrown) {
    CHECK(classify(thrown.code()) == error_kind::refused);
  }
  CHECK(client.counters().connections_established == 0);
}

TEST_CASE("a peer that closes instead of replying is counted as closed") {
  pair both;
  both.client.start("x\n", line);
  static_cast<void>(both.server.receive(2)); // unread bytes would turn the close into a reset
  both.server.close();
  auto const& how = both.client.finish();
  CHECK(how.failed == error_kind::closed);
  CHECK(how.at == step::receive);
  CHECK_FALSE(both.client.link().usable());
}

TEST_CASE("a reply that is cut off is truncated") {
  pair both;
  both.client.start("x\n", line);
  static_cast<void>(both.server.receive(2));
  both.server.send("half");
  both.server.close();
  CHECK(both.client.finish().failed == error_kind::truncated);
}

TEST_CASE("a reset in the middle of a reply is a reset") {
  pair both;
  both.client.start("x\n", line);
  both.server.send("half");
  both.server.reset();
  CHECK(both.client.finish().failed == error_kind::reset);
}

TEST_CASE("garbage is a mismatch, and its connection is not used again") {
  pair both;
  expectation wanted;
  wanted.prefix = "+PONG";
  both.client.start("x\n", line, wanted);
  both.server.send("\x1b[31mgarbage\n");
  auto const& how = both.client.finish();
  CHECK(how.failed == error_kind::mismatch);
  CHECK(how.at == step::expect);
  CHECK(how.left != outcome::after::reusable);
}

TEST_CASE("a flood ends at 1 MiB") {
  pair both;
  both.client.start("x\n", line);
  std::string const flood(64 * 1024, 'z');
  for (int i = 0; i < 17; ++i) { // both sides' buffers are small: let the client read between
    both.server.send(flood);
    both.client.context().poll();
    both.client.context().restart();
  }
  CHECK(both.client.finish().failed == error_kind::oversized);
  CHECK_FALSE(both.client.link().usable());
}

TEST_CASE("a peer that never answers is given up when the caller says so") {
  pair both;
  both.client.start("x\n", line);
  both.client.exchange().cancel(error_kind::timeout);
  auto const& how = both.client.finish();
  CHECK(how.failed == error_kind::timeout);
  CHECK_FALSE(both.client.link().usable());
  CHECK(both.client.counters().replies_received == 0);
}

TEST_CASE("bytes beyond the reply do not fail it, but end the connection's use") {
  pair both;
  both.client.start("x\n", line);
  both.server.send("one\ntwo\n");
  auto const& how = both.client.finish();
  CHECK_FALSE(how.failed);
  CHECK(how.left == outcome::after::stale);
  CHECK(both.client.reply() == "one\n");
}

TEST_CASE("bytes that nobody asked for fail a request before it is sent") {
  pair both;
  both.server.send("surprise\n");
  REQUIRE(support::eventually(
      [&] { return both.client.link().look_at() == connection::look::unread_bytes; }));
  both.client.start("x\n", line);
  CHECK(both.client.finish().failed == error_kind::stale);
  CHECK(both.client.counters().requests_sent == 0);
}

TEST_CASE("a greeting is the reply to nothing, also where it is there already") {
  pair both;
  both.server.send("220 hello\n");
  REQUIRE(support::eventually(
      [&] { return both.client.link().look_at() == connection::look::unread_bytes; }));
  both.client.start("", line);
  CHECK_FALSE(both.client.finish().failed);
  CHECK(both.client.reply() == "220 hello\n");
}

TEST_CASE("an idle connection shows that its peer closed, without a round trip") {
  pair both;
  CHECK(both.client.link().look_at() == connection::look::quiet);
  both.server.close();
  CHECK(support::eventually(
      [&] { return both.client.link().look_at() == connection::look::closed; }));
}

TEST_CASE("a reply may come byte by byte, and may end with the connection") {
  pair both;
  both.client.start("x\n", until_close{});
  for (char const each : std::string{"slow"}) {
    both.server.send({&each, 1});
    both.client.context().poll();
    both.client.context().restart();
  }
  static_cast<void>(both.server.receive(2));
  both.server.close();
  auto const& how = both.client.finish();
  CHECK_FALSE(how.failed);
  CHECK(both.client.reply() == "slow");
  CHECK(how.left != outcome::after::reusable);
}
