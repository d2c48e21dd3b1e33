#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <vector>

using namespace conecta;
using namespace std::chrono_literals;
using support::eventually;
using support::plain_socket;
using target::server;
using target::target_options;

TEST_CASE("a line comes back with its ending") {
  auto const echo = target::start({});
  auto const client = plain_socket::connect_tcp(echo->address());
  REQUIRE(client.error() == 0);
  CHECK(client.ask("PING\r\n") == "PING\r\n");
  CHECK(client.ask("again\n") == "again\n");
}

TEST_CASE("a line that comes in pieces is one request, and two in one piece are two") {
  auto const echo = target::start({});
  auto const client = plain_socket::connect_tcp(echo->address());
  client.send("one ");
  client.send("line");
  CHECK(client.ask("\n") == "o");
  CHECK(client.receive(8).bytes == "ne line\n");
  CHECK(client.ask("a\nb\n") == "a\nb\n");
  CHECK(echo->counts().requests == 3);
}

TEST_CASE("it serves IPv6 too") {
  auto const echo = target::start({}, wire::address::loopback(wire::family::ipv6));
  CHECK(echo->address().text().substr(0, 6) == "[::1]:");
  auto const client = plain_socket::connect_tcp(echo->address());
  CHECK(client.ask("six\n") == "six\n");
}

TEST_CASE("requests of a number of bytes need no line feed") {
  target_options options;
  options.frame = target::byte_frames{4};
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  CHECK(client.ask("abcd") == "abcd");
  client.send("efghij");
  CHECK(client.receive(4).bytes == "efgh"); // "ij" waits for the rest
  client.send("kl");
  CHECK(client.receive(4).bytes == "ijkl");
  CHECK(echo->counts().requests == 3);
}

TEST_CASE("a fixed reply answers every request, however many come at once") {
  target_options options;
  options.reply = "+PONG\r\n";
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  client.send("PING\r\nPING\r\nPING\r\n");
  CHECK(client.receive(21).bytes == "+PONG\r\n+PONG\r\n+PONG\r\n");
}

TEST_CASE("a delayed reply comes after the delay, and requests meanwhile do not push it back") {
  target_options options;
  options.reply_delay = 100ms;
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  auto const start = support::now();
  std::string lines;
  for (int i = 0; i < 10; ++i) {
    auto const line = std::to_string(i) + "\n";
    client.send(line);
    lines += line;
  }
  CHECK(client.receive(lines.size()).bytes == lines);
  auto const took = support::now() - start;
  CHECK(took >= 100ms);
  CHECK(took < 900ms); // all at once, not one after the other
}

TEST_CASE("counts agree to the unit with what clients did") {
  auto const echo = target::start({});
  constexpr std::size_t clients = 20;
  constexpr std::size_t rounds = 50;
  std::vector<plain_socket> sockets;
  for (std::size_t i = 0; i < clients; ++i) {
    sockets.push_back(plain_socket::connect_tcp(echo->address()));
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (auto const& each : sockets) {
      each.send("x\n");
    }
    for (auto const& each : sockets) {
      REQUIRE(each.receive(2).bytes == "x\n");
    }
  }
  CHECK(echo->counts().open == clients);
  sockets.clear();
  CHECK(eventually([&] { return echo->counts().open == 0; }));
  echo->stop();
  CHECK(echo->counts().accepted == clients);
  CHECK(echo->counts().requests == clients * rounds);
  CHECK(echo->counts().replies == clients * rounds);
}

TEST_CASE("what has arrived is counted although nobody waited for it before the stop") {
  auto const echo = target::start({});
  std::vector<plain_socket> sockets;
  for (int i = 0; i < 50; ++i) {
    sockets.push_back(plain_socket::connect_tcp(echo->address()));
    sockets.back().send("x\n");
  }
  echo->stop();
  CHECK(echo->counts().accepted == 50);
  CHECK(echo->counts().requests == 50);
  CHECK(echo->counts().open == 0);
}

TEST_CASE("a stop closes connections, and a second one does nothing") {
  auto const echo = target::start({});
  auto const client = plain_socket::connect_tcp(echo->address());
  CHECK(client.ask("x\n") == "x\n");
  echo->stop();
  echo->stop();
  CHECK(client.receive_all().ended);
  CHECK(plain_socket::connect_tcp(echo->address()).error() == ECONNREFUSED);
}

TEST_CASE("a connection too many is accepted and closed") {
  target_options options;
  options.max_connections = 2;
  auto const echo = target::start(options);
  auto first = plain_socket::connect_tcp(echo->address());
  auto const second = plain_socket::connect_tcp(echo->address());
  CHECK(first.ask("1\n") == "1\n");
  CHECK(second.ask("2\n") == "2\n");

  auto const third = plain_socket::connect_tcp(echo->address());
  CHECK(third.error() == 0);
  CHECK(third.receive_all().ended);
  CHECK(echo->counts().accepted == 3);
  CHECK(echo->counts().turned_away == 1);
  CHECK(echo->counts().open == 2);

  first.close(); // makes room
  CHECK(eventually([&] { return echo->counts().open == 1; }));
  CHECK(plain_socket::connect_tcp(echo->address()).ask("4\n") == "4\n");
}

TEST_CASE("a silent connection is closed, and one that talks is not") {
  target_options options;
  options.idle_disconnect = 200ms;
  auto const echo = target::start(options);
  auto const silent = plain_socket::connect_tcp(echo->address());
  auto const start = support::now();
  auto const talker = plain_socket::connect_tcp(echo->address());
  bool talked = true;
  auto asked = start;
  while (asked - start < 400ms) {
    asked = support::now();
    talked = talked && talker.ask("x\n") == "x\n";
  }
  CHECK(talked);
  auto const end = silent.receive_all();
  CHECK(end.ended);
  CHECK(end.error == 0);

  CHECK(talker.receive_all().ended);
  auto const quiet = support::now() - asked;
  CHECK(quiet >= 200ms);
  CHECK(quiet < 1s);
}

TEST_CASE("a reply that is still to come keeps a connection from being idle") {
  target_options options;
  options.idle_disconnect = 50ms;
  options.reply_delay = 200ms;
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  CHECK(client.ask("x\n") == "x\n");
  CHECK(client.receive_all().ended);
}

TEST_CASE("after its last reply a connection is closed with a FIN") {
  target_options options;
  options.close_after = 2;
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  CHECK(client.ask("1\n") == "1\n");
  CHECK(client.ask("2\n") == "2\n");
  auto const end = client.receive_all();
  CHECK(end.ended);
  CHECK(end.error == 0);
  CHECK(end.bytes.empty());
}

TEST_CASE("requests beyond the last are neither answered nor counted") {
  target_options options;
  options.close_after = 2;
  options.reply_delay = 1ms; // the reply must leave before the close
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  client.send("1\n2\n3\n");
  CHECK(client.receive_all().bytes == "1\n2\n");
  CHECK(echo->counts().requests == 2);
}

TEST_CASE("a client that stops sending still gets its replies") {
  target_options options;
  options.reply_delay = 20ms;
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  client.send("last\n");
  client.end_sending();
  auto const all = client.receive_all();
  CHECK(all.bytes == "last\n");
  CHECK(all.ended);
}

TEST_CASE("a line over 1 MiB closes its connection, and one of 1 MiB comes back") {
  auto const echo = target::start({});
  auto const client = plain_socket::connect_tcp(echo->address());
  std::string line((std::size_t{1} << 20) - 1, 'x');
  line += '\n';
  CHECK(client.ask(line) == line);

  client.send(std::string((std::size_t{1} << 20) + 100'000, 'x'));
  auto const end = client.receive_all();
  CHECK(end.bytes.empty());
  CHECK(end.error != ETIMEDOUT);
  CHECK(eventually([&] { return echo->counts().open == 0; }));
}

TEST_CASE("a client that does not read is not read, and all comes back when it does") {
  auto const echo = target::start({});
  auto const client = plain_socket::connect_tcp(echo->address());
  std::string const line = std::string(1023, 'x') + "\n";
  std::size_t sent = 0;
  // Until the kernel's buffers and the server's own are full, and stay so for 50 ms.
  pollfd room{client.get(), POLLOUT, 0};
  while (::poll(&room, 1, 50) > 0) {
    auto const rest = std::string_view{line}.substr(sent % line.size());
    auto const size = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    REQUIRE((size > 0 || errno == EAGAIN));
    sent += size > 0 ? static_cast<std::size_t>(size) : 0;
    REQUIRE(sent < (std::size_t{256} << 20));
  }
  auto const back = client.receive(sent / 1024 * 1024);
  CHECK(back.error == 0);
  CHECK(back.bytes.size() == sent / 1024 * 1024);
}

TEST_CASE("a small request is not a lever: fixed replies wait for who reads them") {
  target_options options;
  options.frame = target::byte_frames{1};
  options.reply = std::string(100'000, 'r');
  auto const echo = target::start(options);
  auto const client = plain_socket::connect_tcp(echo->address());
  client.send(std::string(300, 'q')); // 30 MB of replies
  auto const back = client.receive(std::size_t{30'000'000});
  CHECK(back.bytes.size() == 30'000'000);
  CHECK(echo->counts().requests == 300);
}

TEST_CASE("a client's reset is the end of its connection alone") {
  auto const echo = target::start({});
  auto first = plain_socket::connect_tcp(echo->address());
  auto const second = plain_socket::connect_tcp(echo->address());
  CHECK(first.ask("x\n") == "x\n");
  first.reset();
  CHECK(second.ask("y\n") == "y\n");
  CHECK(eventually([&] { return echo->counts().open == 1; }));
}

TEST_CASE("options that no server can follow are refused") {
  target_options no_bytes;
  no_bytes.frame = target::byte_frames{0};
  CHECK_THROWS_AS(target::start(no_bytes), std::invalid_argument);
  target_options no_replies;
  no_replies.close_after = 0;
  CHECK_THROWS_AS(target::start(no_replies), std::invalid_argument);
}

TEST_CASE("a reply that has not left to its last byte when the connection ends is none") {
  target_options options;
  SECTION("lines") {}
  SECTION("frames") { options.frame = target::byte_frames{2}; }
  SECTION("a fixed reply") { options.reply = "pong"; }
  options.reply_delay = std::chrono::hours{1};
  auto const echo = target::start(options);
  auto client = plain_socket::connect_tcp(echo->address());
  client.send("a\nb\nc\n");
  REQUIRE(eventually([&] { return echo->counts().requests == 3; }));
  client.reset();
  CHECK(eventually([&] { return echo->counts().open == 0; }));
  CHECK(echo->counts().replies == 0);

  auto const other = plain_socket::connect_tcp(echo->address());
  other.send("d\n");
  REQUIRE(eventually([&] { return echo->counts().requests == 4; }));
  echo->stop();
  CHECK(echo->counts().replies == 0);
}
