// What an embedded server does wrong when it is asked to, as ordinary clients see it.

#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace conecta;
using namespace conecta::support;
using fault::fault_type;
using target::target_options;

namespace {

std::unique_ptr<target::server> faulty(fault::fault_spec const& spec,
                                       target_options const& options = {}) {
  return target::start(options, wire::address::loopback(), fault::plan{{spec}, 0, 7});
}

bool begin_and_open(target::server& server) {
  server.begin(now());
  return eventually([&] { return server.windows()[0].opened.has_value(); });
}

bool has_closed(target::server const& server) {
  return eventually([&] { return server.windows()[0].closed.has_value(); });
}

fault::fault_spec restart(duration down, duration length = 1h) {
  auto spec = fault_of(fault_type::restart, 0s, length);
  spec.down = down;
  return spec;
}

} // namespace

TEST_CASE("a restart ends every connection, refuses new ones, and then serves on the same port") {
  auto const server = faulty(restart(200ms));
  auto const older = plain_socket::connect_tcp(server->address());
  CHECK(older.ask("x\n") == "x\n");
  auto const begun = now();
  REQUIRE(begin_and_open(*server));
  auto const end = older.receive_all();
  CHECK(end.ended);
  CHECK(eventually([&] { return server->counts().open == 0; }));
  bool refused = false;
  CHECK(eventually([&] {
    auto const newer = plain_socket::connect_tcp(server->address());
    refused = refused || newer.error() == ECONNREFUSED;
    return newer.error() == 0 && newer.ask("y\n") == "y\n";
  }));
  CHECK(refused);
  CHECK(now() - begun >= 200ms);
  CHECK_FALSE(server->windows()[0].closed.has_value()); // in the window still
  CHECK(server->injected("restart") == 1);
  CHECK(server->injected("another") == 0);
}

TEST_CASE("a server that is down when its window ends serves again") {
  auto const options = GENERATE(target_options{}, udp_echo_options());
  auto const server = faulty(restart(1h, 150ms), options);
  REQUIRE(begin_and_open(*server));
  REQUIRE(has_closed(*server));
  bool const tcp = options.kind == target::target_kind::tcp_echo;
  auto const client = tcp ? plain_socket::connect_tcp(server->address())
                          : plain_socket::connect_udp(server->address());
  CHECK(client.error() == 0);
  CHECK(client.ask("x\n") == "x\n");
}

TEST_CASE("a restart of a UDP server loses replies that are late, and says ECONNREFUSED") {
  auto options = udp_echo_options();
  options.reply_delay = 1h;
  auto const late = faulty(restart(100ms), options);
  auto const waiting = plain_socket::connect_udp(late->address());
  waiting.send("never answered");
  CHECK(eventually([&] { return late->counts().requests == 1; }));
  REQUIRE(begin_and_open(*late));
  waiting.send("while it is down");
  CHECK(waiting.receive_datagram().error == ECONNREFUSED);

  auto const quick = faulty(restart(100ms), udp_echo_options());
  auto const client = plain_socket::connect_udp(quick->address());
  CHECK(client.ask("before") == "before");
  REQUIRE(begin_and_open(*quick));
  CHECK(eventually([&] {
    client.send("after");
    return client.receive_datagram(20ms).bytes == "after";
  }));
  CHECK(quick->injected("restart") == 1);
}

TEST_CASE("a restart that its probability spares does nothing") {
  auto spec = restart(1h);
  spec.probability = 0;
  auto const server = faulty(spec);
  auto const client = plain_socket::connect_tcp(server->address());
  REQUIRE(begin_and_open(*server));
  CHECK(client.ask("x\n") == "x\n");
  CHECK(server->injected("restart") == 0);
}

TEST_CASE("a repeated restart goes down once in each of its windows") {
  auto spec = restart(50ms, 300ms);
  spec.repeat = fault::repetition{.every = 400ms, .count = 2};
  auto const server = faulty(spec);
  server->begin(now());
  CHECK(eventually([&] { return server->injected("restart") == 2; }));
  CHECK(
      eventually([&] { return plain_socket::connect_tcp(server->address()).ask("x\n") == "x\n"; }));
  CHECK(server->injected("restart") == 2);
}

TEST_CASE("in a window who is silent for too long is disconnected, also who was before it") {
  auto spec = fault_of(fault_type::idle_disconnect);
  spec.after = 100ms;
  auto const server = faulty(spec);
  auto const older = plain_socket::connect_tcp(server->address());
  CHECK(older.ask("x\n") == "x\n");
  CHECK(eventually([spoke = now()] { return now() - spoke > 100ms; }));
  auto const begun = now();
  REQUIRE(begin_and_open(*server));
  CHECK(older.receive_all().ended); // at once
  auto const newer = plain_socket::connect_tcp(server->address());
  CHECK(newer.ask("y\n") == "y\n");
  auto const end = newer.receive_all();
  CHECK(end.ended);
  CHECK(end.error == 0);
  CHECK(now() - begun >= 100ms);
  CHECK(server->injected("idle_disconnect") == 2);
}

TEST_CASE("who talks is not idle, and what is not meant is left alone") {
  auto spec = fault_of(fault_type::idle_disconnect, 0s, 400ms);
  spec.after = 150ms;
  spec.applies_to = fault::affected::opened_during;
  auto const server = faulty(spec);
  auto const older = plain_socket::connect_tcp(server->address());
  CHECK(older.ask("x\n") == "x\n");
  REQUIRE(begin_and_open(*server));
  auto const talker = plain_socket::connect_tcp(server->address());
  bool talked = true;
  while (!server->windows()[0].closed) {
    talked = talked && talker.ask("x\n") == "x\n";
  }
  CHECK(talked);
  CHECK(older.ask("y\n") == "y\n");
  CHECK(server->injected("idle_disconnect") == 0);
}

TEST_CASE("a reply that is still to come keeps a connection from being idle in a window, too") {
  auto spec = fault_of(fault_type::idle_disconnect);
  spec.after = 50ms;
  target_options options;
  options.reply_delay = 200ms;
  auto const server = faulty(spec, options);
  REQUIRE(begin_and_open(*server));
  auto const client = plain_socket::connect_tcp(server->address());
  CHECK(client.ask("x\n") == "x\n");
  CHECK(client.receive_all().ended);
}

TEST_CASE("above the most connections of a window one more is accepted and closed") {
  auto spec = fault_of(fault_type::max_connections, 0s, 500ms);
  spec.connections = 2;
  auto const server = faulty(spec);
  std::vector<plain_socket> older;
  for (int i = 0; i < 3; ++i) {
    older.push_back(plain_socket::connect_tcp(server->address()));
    CHECK(older.back().ask("x\n") == "x\n");
  }
  REQUIRE(begin_and_open(*server));
  auto const turned_away = plain_socket::connect_tcp(server->address());
  CHECK(turned_away.error() == 0);
  CHECK(turned_away.receive_all().ended);
  for (auto const& each : older) { // one too many, and they stay
    CHECK(each.ask("y\n") == "y\n");
  }
  CHECK(server->injected("max_connections") == 1);
  CHECK(server->counts().turned_away == 1);
  older.resize(1);
  CHECK(eventually([&] { return server->counts().open == 1; }));
  auto const fits = plain_socket::connect_tcp(server->address());
  CHECK(fits.ask("z\n") == "z\n");
  REQUIRE(has_closed(*server));
  CHECK(plain_socket::connect_tcp(server->address()).ask("more\n") == "more\n");
  CHECK(server->injected("max_connections") == 1);
}

TEST_CASE("slow replies are late by the delay, in their order, and are those of the plan") {
  auto spec = fault_of(fault_type::slow_reply);
  spec.delay = 60ms;
  spec.probability = 0.3;
  fault::plan const drawn{{spec}, 0, 7};
  auto const server = faulty(spec);
  REQUIRE(begin_and_open(*server));
  auto const client = plain_socket::connect_tcp(server->address());
  std::uint64_t slow = 0;
  for (std::uint64_t request = 1; request <= 20; ++request) {
    auto const asked = now();
    REQUIRE(client.ask("x\n") == "x\n");
    if (drawn.hits_request(0, 0, request)) {
      ++slow;
      CHECK(now() - asked >= 60ms);
    }
    REQUIRE(server->injected("slow_reply") == slow);
  }
  CHECK(slow > 0);
  CHECK(slow < 20);

  std::uint64_t more = 0;
  std::string lines;
  for (std::uint64_t request = 21; request <= 60; ++request) {
    more += drawn.hits_request(0, 0, request) ? 1U : 0U;
    lines += std::to_string(request) + "\n";
  }
  auto const asked = now(); // many at once: each is drawn, none overtakes another
  CHECK(client.ask(lines) == lines);
  CHECK(more > 0);
  CHECK(now() - asked >= 60ms);
  CHECK(server->injected("slow_reply") == slow + more);
}

TEST_CASE("a slow reply of a UDP server is overtaken by a quick one") {
  auto spec = fault_of(fault_type::slow_reply);
  spec.delay = 300ms;
  spec.probability = 0.5;
  fault::plan const drawn{{spec}, 0, 7};
  auto const server = faulty(spec, udp_echo_options());
  REQUIRE(begin_and_open(*server));
  auto const client = plain_socket::connect_udp(server->address());
  std::vector<std::string> quick;
  std::vector<std::string> slow;
  for (std::uint64_t request = 1; request <= 10; ++request) {
    auto const text = std::to_string(request);
    (drawn.hits_request(0, 0, request) ? slow : quick).push_back(text);
    client.send(text);
  }
  REQUIRE_FALSE(slow.empty());
  REQUIRE_FALSE(quick.empty());
  quick.insert(quick.end(), slow.begin(), slow.end());
  std::vector<std::string> got;
  for (int i = 0; i < 10; ++i) {
    got.push_back(client.receive_datagram().bytes);
  }
  CHECK(got == quick);
  CHECK(server->injected("slow_reply") == slow.size());
}
