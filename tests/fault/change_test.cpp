#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace conecta;
using namespace conecta::support;
using fault::fault_type;

namespace {

using faults = std::vector<fault::fault_spec>;

fault::fault_spec named(std::string const& id, fault_type type) {
  auto made = fault_of(type);
  made.id = id;
  return made;
}

fault::fault_spec paced(std::string const& id, std::uint64_t rate) {
  auto made = named(id, fault_type::bandwidth);
  made.rate = rate;
  made.queue = 1 << 16;
  return made;
}

} // namespace

TEST_CASE("a fault that takes over from another lets nothing through between the two") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {paced("one", 100)});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  client.send(std::string(999, 'x') + "\n");
  REQUIRE(client.receive(1).bytes == "x"); // so that the rest waits in the relay
  relay->change([](faults& all) { all = {paced("two", 100)}; });
  auto const started = now();
  CHECK(client.receive(20).bytes.size() == 20);
  CHECK(now() - started >= 50ms);     // 200 ms, but for what the line makes up for
  CHECK(relay->injected("two") == 0); // no chunk came since
}

TEST_CASE("a fault that is kept goes on with what it counted; another of its name starts anew") {
  auto const echo = target::start({});
  auto slow = named("slow", fault_type::latency);
  slow.delay = 1ms;
  auto const relay = tcp_relay(echo->address(), {slow});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  CHECK(client.ask("a\n") == "a\n");
  relay->change([&](faults& all) { all = {named("silent", fault_type::blackhole), slow}; });
  CHECK(relay->injected("slow") == 1);
  relay->change([&](faults& all) { all = {slow}; });
  CHECK(client.ask("b\n") == "b\n");
  CHECK(relay->injected("slow") == 2);
  CHECK(relay->injected("silent") == 0); // there is none of that name
  auto other = slow;
  other.delay = 2ms;
  relay->change([&](faults& all) { all = {other}; });
  CHECK(relay->injected("slow") == 0);
  CHECK(client.ask("c\n") == "c\n");
  CHECK(relay->injected("slow") == 1);
}

TEST_CASE("a window that is over stays over when the set changes") {
  auto const echo = target::start({});
  auto const cut = fault_of(fault_type::reset, 0s, 1min);
  auto const relay = tcp_relay(echo->address(), {cut});
  relay->begin(now() - 1h);
  auto const client = plain_socket::connect_tcp(relay->address());
  CHECK(client.ask("a\n") == "a\n");
  relay->change([&](faults& all) { all.push_back(named("slow", fault_type::slow_close)); });
  CHECK(client.ask("b\n") == "b\n");
  auto again = cut;
  again.start = 0s;
  again.length = 2min; // another one under the same id: it counts from now on
  relay->change([&](faults& all) { all[0] = again; });
  CHECK(client.receive(1).error == ECONNRESET);
}

TEST_CASE("what was held for a fault that is gone goes on its way") {
  auto const tcp = target::start({});
  auto const over_tcp = tcp_relay(tcp->address(), {fault_of(fault_type::stall)});
  REQUIRE(begin_and_open(*over_tcp));
  auto const client = plain_socket::connect_tcp(over_tcp->address());
  client.send("late\n");
  REQUIRE(eventually([&] { return over_tcp->injected("stall") == 1; }));
  over_tcp->change([](faults& all) { all.clear(); });
  CHECK(client.receive(5).bytes == "late\n");
}

TEST_CASE("a datagram that was held for a fault that is gone arrives, whatever its number was") {
  auto const type = GENERATE(fault_type::stall, fault_type::bandwidth);
  auto const udp = start_udp_echo();
  auto holding = paced("holding", 1);
  holding.type = type;
  auto const relay = udp_relay(udp->address(), {named("first", fault_type::truncate), holding});
  REQUIRE(begin_and_open(*relay));
  auto const sender = plain_socket::connect_udp(relay->address());
  relay->change([](faults& all) { all.erase(all.begin()); });
  sender.send("late");
  REQUIRE(eventually([&] { return relay->injected("holding") == 1; }));
  auto spared = named("spared", fault_type::loss);
  spared.probability = 0;
  relay->change([&](faults& all) { all.insert(all.begin(), spared); });
  relay->change([](faults& all) { all.pop_back(); });
  CHECK(sender.receive_datagram().bytes == "late");
}

TEST_CASE("a port that a fault closed opens when the fault is gone, and stays closed for another") {
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address());
  relay->begin(now());
  relay->change([](faults& all) { all = {fault_of(fault_type::refuse)}; });
  CHECK(plain_socket::connect_tcp(relay->address()).error() == ECONNREFUSED);
  relay->change([](faults& all) { all = {named("other", fault_type::refuse)}; });
  CHECK(plain_socket::connect_tcp(relay->address()).error() == ECONNREFUSED);
  relay->change([](faults& all) { all.clear(); });
  CHECK(plain_socket::connect_tcp(relay->address()).ask("a\n") == "a\n");
}

TEST_CASE("a latency that goes lets go of what it held, and another one holds on") {
  auto const echo = target::start({});
  auto endless = named("endless", fault_type::latency);
  endless.delay = 1h;
  auto slow = named("slow", fault_type::latency);
  slow.delay = 60ms;
  auto const relay = tcp_relay(echo->address(), {endless, slow});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto const sent = now();
  client.send("held\n");
  REQUIRE(eventually([&] { return relay->injected("slow") == 1; }));
  relay->change([&](faults& all) { all = {slow}; });
  CHECK(client.receive(5).bytes == "held\n");
  CHECK(now() - sent >= 60ms);

  relay->change([&](faults& all) { all = {slow, endless}; });
  client.send("one\n");
  REQUIRE(eventually([&] { return relay->injected("endless") == 1; }));
  relay->change([&](faults& all) { all = {endless}; });
  client.send("two\n"); // behind it, in order
  REQUIRE(eventually([&] { return relay->injected("endless") == 2; }));
  relay->change([](faults& all) { all.clear(); });
  CHECK(client.receive(8).bytes == "one\ntwo\n");
}

TEST_CASE("a delay outlasts its window, and goes with its fault") {
  auto const echo = target::start({});
  auto endless = fault_of(fault_type::latency, 0s, 300ms);
  endless.delay = 1h;
  auto const relay = tcp_relay(echo->address(), {endless});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  client.send("held\n");
  REQUIRE(eventually([&] { return relay->injected(endless.id) == 1; }));
  REQUIRE(has_closed(*relay));
  relay->change([](faults& all) { all.clear(); });
  CHECK(client.receive(5).bytes == "held\n");
}

TEST_CASE("a connect_delay that goes lets connections on to the server, and those that ended end") {
  auto const echo = target::start({});
  auto late = named("late", fault_type::connect_delay);
  late.delay = 1h;
  auto const relay = tcp_relay(echo->address(), {late});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto gone = plain_socket::connect_tcp(relay->address());
  gone.close();
  client.send("held\n");
  REQUIRE(eventually([&] { return relay->injected("late") == 2; }));
  CHECK(relay->counts().reached == 0);
  relay->change([](faults& all) { all.clear(); });
  CHECK(client.receive(5).bytes == "held\n");
  CHECK(eventually([&] { return relay->counts().open == 1; }));
}

TEST_CASE("a slow_close that goes lets the end through") {
  auto const listener = plain_socket::listen_tcp();
  auto late = named("late", fault_type::slow_close);
  late.delay = 1h;
  auto const relay = tcp_relay(listener.address(), {late});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto server = listener.accept();
  server.send("bye");
  server.close();
  CHECK(client.receive(3).bytes == "bye");
  REQUIRE(eventually([&] { return relay->injected("late") == 1; }));
  relay->change([](faults& all) { all.clear(); });
  CHECK(client.receive(1).ended);
}

TEST_CASE("a latency of datagrams that goes lets go of them, and another one holds on") {
  auto const echo = start_udp_echo();
  auto endless = named("endless", fault_type::latency);
  endless.delay = 1h;
  auto slow = named("slow", fault_type::latency);
  slow.delay = 60ms;
  auto const relay = udp_relay(echo->address(), {endless, slow});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_udp(relay->address());
  auto const sent = now();
  client.send("held");
  REQUIRE(eventually([&] { return relay->injected("slow") == 1; }));
  relay->change([&](faults& all) { all = {slow}; });
  CHECK(client.receive_datagram().bytes == "held");
  CHECK(now() - sent >= 60ms);
}
