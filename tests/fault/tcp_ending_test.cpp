#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

using namespace conecta;
using namespace conecta::support;
using fault::direction;
using fault::fault_type;

namespace {

/// A connection that is asked for and not waited for.
wire::descriptor begin_connect(wire::address const& to) {
  wire::descriptor made{::socket(to.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  ::connect(made.get(), to.data(), to.size());
  return made;
}

bool connects(wire::descriptor const& socket, std::chrono::milliseconds patience) {
  pollfd waiting{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

} // namespace

TEST_CASE("a close is an end of file on live connections and new ones, no reset") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {fault_of(fault_type::close)});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  REQUIRE(begin_and_open(*relay));
  auto const newer = plain_socket::connect_tcp(relay->address());
  for (auto const* each : {&older, &newer}) {
    auto const rest = each->receive_all();
    CHECK(rest.bytes.empty());
    CHECK(rest.ended);
    CHECK(rest.error == 0);
  }
  CHECK(relay->injected("close") == 2);
}

TEST_CASE("a close after some bytes of reply ends the file there") {
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::close);
  spec.after_bytes = 5;
  auto const relay = tcp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  client.send("0123456\n");
  auto const all = client.receive_all();
  CHECK(all.bytes == "01234");
  CHECK(all.ended);
  CHECK(relay->injected("close") == 1);
}

TEST_CASE("a reset or close drawn for requests strikes those of the plan, in their replies") {
  auto const type = GENERATE(fault_type::reset, fault_type::close);
  auto spec = fault_of(type);
  spec.per = fault::drawn_per::request;
  spec.probability = 0.3;
  spec.after_bytes = 5;
  fault::plan const drawn{{spec}, 0, 7};
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  std::uint64_t struck = 0;
  for (std::uint64_t connection = 0; connection < 10; ++connection) {
    auto const client = plain_socket::connect_tcp(relay->address());
    std::uint64_t request = 1;
    for (; request < 20 && !drawn.hits_request(0, connection, request); ++request) {
      REQUIRE(client.ask("0123456\n") == "0123456\n"); // however many bytes that makes
    }
    if (request == 20) {
      continue;
    }
    client.send("0123456\n");
    auto const got = client.receive(8);
    CHECK(got.bytes == "01234");
    CHECK(got.error == (type == fault_type::reset ? ECONNRESET : 0));
    CHECK(got.ended == (type == fault_type::close));
    ++struck;
    CHECK(eventually([&] { return relay->injected(fault::name_of(type)) == struck; }));
  }
  CHECK(struck > 0);
}

TEST_CASE("what is drawn for requests leaves a connection alone that asks for nothing") {
  auto spec = fault_of(fault_type::reset);
  spec.per = fault::drawn_per::request;
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const client = plain_socket::connect_tcp(relay->address());
  REQUIRE(begin_and_open(*relay));
  pollfd waiting{.fd = client.get(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&waiting, 1, 50) == 0);
  client.send("x\n");
  CHECK(client.receive(2).error == ECONNRESET);
  CHECK(relay->injected("reset") == 1);
}

TEST_CASE("a half close ends one way, and the other way goes on") {
  auto const listener = plain_socket::listen_tcp();
  auto const relay = tcp_relay(listener.address(), {fault_of(fault_type::half_close)});
  auto const client = plain_socket::connect_tcp(relay->address());
  auto const server = listener.accept();
  REQUIRE(begin_and_open(*relay));
  CHECK(client.receive_all().ended);
  client.send("still heard");
  CHECK(server.receive(11).bytes == "still heard");
  CHECK(relay->injected("half_close") == 1);
}

TEST_CASE("a slow close passes bytes at once and the end late") {
  auto const listener = plain_socket::listen_tcp();
  auto spec = fault_of(fault_type::slow_close);
  spec.delay = 80ms;
  auto const relay = tcp_relay(listener.address(), {spec});
  auto const client = plain_socket::connect_tcp(relay->address());
  auto server = listener.accept();
  REQUIRE(begin_and_open(*relay));
  auto const start = now();
  server.send("bye");
  server.close();
  CHECK(client.receive(3).bytes == "bye");
  CHECK(client.receive_all().ended);
  CHECK(now() - start >= 80ms);
  CHECK(relay->injected("slow_close") == 1);
}

TEST_CASE("accepted and closed at once is an end of file, and the server is not asked") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {fault_of(fault_type::accept_close)});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  auto const before = echo->counts().accepted;
  REQUIRE(begin_and_open(*relay));
  auto const newer = plain_socket::connect_tcp(relay->address());
  CHECK(newer.error() == 0);
  CHECK(newer.receive_all().ended);
  CHECK(older.ask("y\n") == "y\n");
  CHECK(echo->counts().accepted == before);
  CHECK(relay->injected("accept_close") == 1);
}

TEST_CASE("with a full backlog nobody can connect, and who is connected goes on") {
  auto const type = GENERATE(fault_type::backlog_full, fault_type::blackhole);
  auto const echo = target::start({});
  auto spec = fault_of(type, 0s, 300ms);
  spec.towards = direction::both;
  auto const relay = tcp_relay(echo->address(), {spec});
  auto const older = plain_socket::connect_tcp(relay->address());
  CHECK(older.ask("x\n") == "x\n");
  REQUIRE(begin_and_open(*relay));
  auto const waiting = begin_connect(relay->address());
  CHECK_FALSE(connects(waiting, 100ms));
  if (type == fault_type::backlog_full) {
    CHECK(older.ask("y\n") == "y\n");
  }
  REQUIRE(has_closed(*relay));
  auto const newer = plain_socket::connect_tcp(relay->address());
  CHECK(newer.ask("z\n") == "z\n");
  CHECK(connects(waiting, 5000ms)); // the kernel asks again
}
