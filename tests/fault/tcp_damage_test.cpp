#include "fault/relays.hpp"

#include <bit>
#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::support;
using fault::fault_type;

namespace {

int bits_between(std::string const& one, std::string const& other) {
  int count = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    count += std::popcount(static_cast<unsigned char>(one[i] ^ other[i]));
  }
  return count;
}

} // namespace

TEST_CASE("a corrupted chunk differs in as many bits as asked, and the same ones twice") {
  auto const listener = plain_socket::listen_tcp();
  auto spec = fault_of(fault_type::corrupt);
  spec.bits = 3;
  std::string first;
  for (int round = 0; round < 2; ++round) {
    auto const relay = tcp_relay(listener.address(), {spec});
    REQUIRE(begin_and_open(*relay));
    auto const client = plain_socket::connect_tcp(relay->address());
    auto const server = listener.accept();
    auto const sent = varied_bytes(100);
    server.send(sent);
    auto const got = client.receive(100).bytes;
    REQUIRE(got.size() == 100);
    CHECK(bits_between(sent, got) == 3);
    CHECK(relay->injected("corrupt") == 1);
    CHECK((round == 0 || got == first));
    first = got;
  }
}

TEST_CASE("a truncated chunk is as short as asked, a shorter one is left alone") {
  auto const listener = plain_socket::listen_tcp();
  auto spec = fault_of(fault_type::truncate);
  spec.bytes = 4;
  auto const relay = tcp_relay(listener.address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  auto server = listener.accept();
  server.send("0123456789");
  CHECK(client.receive(4).bytes == "0123");
  server.send("abc");
  server.close();
  CHECK(client.receive_all().bytes == "abc");
  CHECK(relay->injected("truncate") == 1);
}

TEST_CASE("an extra reply follows each that the plan picks, and no other") {
  auto const echo = target::start({});
  auto spec = fault_of(fault_type::extra_reply);
  spec.send = "extra\n";
  spec.probability = 0.4;
  fault::plan const drawn{{spec}, 0, 7};
  auto const relay = tcp_relay(echo->address(), {spec});
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_tcp(relay->address());
  std::uint64_t hits = 0;
  for (std::uint64_t request = 1; request <= 30; ++request) {
    bool const hit = drawn.hits_request(0, 0, request);
    hits += hit ? 1 : 0;
    client.send("x\n");
    CHECK(client.receive(hit ? 8 : 2).bytes == (hit ? "x\nextra\n" : "x\n"));
  }
  CHECK(hits > 0);
  CHECK(relay->injected("extra_reply") == hits);
}
