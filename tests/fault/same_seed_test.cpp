// The same seed gives the same injected events: what an ordinary client gets through a relay is the
// same to the byte in two runs, one after the other, and another in a run with another seed.

#include "fault/relays.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::support;
using fault::fault_type;

namespace {

using transcript = std::vector<std::string>;

struct strikes {
  transcript seen;
  std::uint64_t injected = 0;
  bool operator==(strikes const&) const = default;
};

fault::relay_options options_of(target::server const& server, fault::fault_spec const& spec,
                                std::uint64_t seed) {
  return {server.address(), fault::plan{{spec}, 0, seed}};
}

/// Three answers to another client: whatever was on its way to the first one before has arrived.
void settle(fault::relay const& relay) {
  auto const other = plain_socket::connect_udp(relay.address());
  for (int answers = 0; answers < 3;) {
    other.send("are you done with what came before?");
    answers += other.receive_datagram(20ms).error == 0 ? 1 : 0;
  }
}

/// What comes back for 40 datagrams that are sent one after the other.
transcript over_udp(fault::fault_spec const& spec, std::uint64_t seed) {
  auto const echo = start_udp_echo();
  auto const relay = fault::start_udp_relay(options_of(*echo, spec, seed));
  REQUIRE(begin_and_open(*relay));
  auto const client = plain_socket::connect_udp(relay->address());
  fault::plan const drawn{{spec}, 0, seed};
  transcript seen;
  for (std::uint64_t i = 0; i < 40; ++i) {
    client.send("number " + std::to_string(i));
    REQUIRE(eventually([&] { return echo->counts().requests >= i + 1; }));
    if (spec.type == fault_type::extra_reply) {
      // To the relay a reply is to the last request before it, so the next one waits for it.
      auto const answers = drawn.hits_request(0, 0, i + 1) ? 2 : 1;
      for (int each = 0; each < answers; ++each) {
        seen.push_back(client.receive_datagram().bytes);
      }
    }
  }
  settle(*relay);
  for (auto got = client.receive_datagram(0ms); got.error == 0;
       got = client.receive_datagram(0ms)) {
    seen.push_back(got.bytes);
  }
  return seen;
}

/// What comes back for 40 requests, each after the reply to the one before; on a connection that
/// ended early the next one is sent over a new one.
strikes over_tcp(fault::fault_spec const& spec, std::uint64_t seed) {
  auto const echo = target::start({});
  auto const relay = fault::start_tcp_relay(options_of(*echo, spec, seed));
  REQUIRE(begin_and_open(*relay));
  strikes found;
  auto client = plain_socket::connect_tcp(relay->address());
  fault::plan const drawn{{spec}, 0, seed};
  for (std::uint64_t request = 1; request <= 40; ++request) {
    client.send("0123456\n");
    // What nobody asked for is read before the next request: else that one would seem to be two.
    bool const more = spec.type == fault_type::extra_reply && drawn.hits_request(0, 0, request);
    auto const got = client.receive(8 + (more ? spec.send.size() : 0));
    found.seen.push_back(got.bytes + (got.ended ? " ended" : "") +
                         (got.error != 0 ? " error" : ""));
    if (got.bytes.size() < 8) {
      client = plain_socket::connect_tcp(relay->address());
    }
  }
  relay->stop();
  found.injected = relay->injected(spec.id);
  return found;
}

fault::fault_spec some(fault_type type, double probability) {
  auto spec = fault_of(type);
  spec.probability = probability;
  return spec;
}

} // namespace

TEST_CASE("the same seed strikes the same datagrams, twice in a row") {
  auto burst = fault_of(fault_type::loss);
  burst.burst = fault::burst_model{0.2, 0.4};
  auto truncate = some(fault_type::truncate, 0.3);
  truncate.bytes = 3;
  auto extra = some(fault_type::extra_reply, 0.3);
  extra.send = "more";
  auto corrupt = some(fault_type::corrupt, 0.3);
  corrupt.bits = 3;
  for (auto const& spec : {some(fault_type::loss, 0.3), burst, some(fault_type::duplicate, 0.3),
                           some(fault_type::reorder, 0.3), truncate, extra, corrupt}) {
    CAPTURE(fault::name_of(spec.type));
    auto const first = over_udp(spec, 7);
    CHECK(over_udp(spec, 7) == first);
    CHECK(over_udp(spec, 8) != first);
  }
}

TEST_CASE("the same seed strikes the same requests, twice in a row") {
  auto reset = some(fault_type::reset, 0.3);
  reset.per = fault::drawn_per::request;
  auto close = some(fault_type::close, 0.3);
  close.per = fault::drawn_per::request;
  close.after_bytes = 3;
  auto corrupt = some(fault_type::corrupt, 0.3);
  auto extra = some(fault_type::extra_reply, 0.3);
  extra.send = "more";
  for (auto const& spec : {reset, close, corrupt, extra}) {
    CAPTURE(fault::name_of(spec.type));
    auto const first = over_tcp(spec, 7);
    CHECK(first.injected > 0);
    CHECK(over_tcp(spec, 7) == first);
    CHECK(over_tcp(spec, 8).seen != first.seen);
  }
}
