// Faults whose window opens again, through real relays.

#include "fault/relays.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <optional>

using namespace conecta;
using namespace conecta::support;
using fault::fault_type;

namespace {

fault::fault_spec repeated(fault_type type, duration length, duration every, std::size_t count) {
  auto spec = fault_of(type, 0s, length);
  spec.repeat = fault::repetition{every, count};
  return spec;
}

} // namespace

TEST_CASE("each window draws anew which connections it strikes") {
  constexpr std::size_t windows = 3;
  constexpr std::uint64_t connections = 30;
  auto spec = repeated(fault_type::reset, 250ms, 300ms, windows);
  spec.probability = 0.4;
  fault::plan const drawn{{spec}, 0, 7};
  auto const echo = target::start({});
  auto const relay = tcp_relay(echo->address(), {spec});
  std::vector<plain_socket> clients;
  std::vector<std::optional<std::size_t>> struck_in;
  std::uint64_t struck = 0;
  for (std::uint64_t i = 0; i < connections; ++i) {
    clients.push_back(plain_socket::connect_tcp(relay->address()));
    REQUIRE(clients.back().ask("x\n") == "x\n");
    auto& window = struck_in.emplace_back();
    for (std::size_t each = 0; each < windows && !window; ++each) {
      window = drawn.hits_connection(0, i, each) ? std::optional{each} : std::nullopt;
    }
    struck += window ? 1U : 0U;
  }
  for (std::size_t each = 0; each < windows; ++each) { // or the test shows nothing
    REQUIRE(std::ranges::count(struck_in, std::optional{each}) > 0);
  }
  REQUIRE(struck < connections);

  relay->begin(now());
  CHECK(eventually([&] { return relay->injected("reset") == struck; }));
  for (std::uint64_t i = 0; i < connections; ++i) {
    if (struck_in[i]) {
      CHECK(clients[i].receive(1).error == ECONNRESET);
    } else {
      CHECK(clients[i].ask("y\n") == "y\n");
    }
  }
  CHECK(relay->injected("reset") == struck);
}

TEST_CASE("what is counted once a client is counted once in each window") {
  auto const type = GENERATE(fault_type::blackhole, fault_type::bandwidth);
  auto spec = repeated(type, 300ms, 400ms, 2);
  spec.towards = fault::direction::both;
  spec.rate = 1 << 20;
  spec.queue = 1 << 16;
  auto const echo = start_udp_echo();
  auto const relay = udp_relay(echo->address(), {spec});
  auto const client = plain_socket::connect_udp(relay->address());
  relay->begin(now());
  CHECK(eventually([&] {
    client.send("x");
    static_cast<void>(client.receive_datagram(1ms));
    return relay->injected(fault::name_of(type)) == 2;
  }));
}
