#include "conversation.hpp"

#include "net/udp_drain.hpp"
#include "wire/descriptor.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <sys/socket.h>

using namespace conecta;
using namespace conecta::net;
using test::conversation;
using test::url_of;

namespace {

/// A server on loopback that answers when the test says so.
struct datagram_server {
  datagram_server() : socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    auto const where = wire::address::loopback(wire::family::ipv4);
    REQUIRE(::bind(socket.get(), where.data(), where.size()) == 0);
    timeval const patience{10, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  std::string receive() {
    std::array<char, 2048> bytes{};
    socklen_t size = sizeof from;
    auto const count = ::recvfrom(socket.get(), bytes.data(), bytes.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
    return count < 0 ? "nothing" : std::string{bytes.data(), static_cast<std::size_t>(count)};
  }
  void answer(std::string_view text) {
    ::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
             sizeof(sockaddr_in));
  }
  [[nodiscard]] endpoint_url url() const {
    return url_of(transport::udp, wire::local_address(socket.get()));
  }

  wire::descriptor socket;
  sockaddr_storage from{};
};

} // namespace

TEST_CASE("over UDP a reply is one datagram") {
  datagram_server server;
  conversation client{server.url()};
  client.start("ask", one_datagram{});
  CHECK(server.receive() == "ask");
  server.answer("answer");
  CHECK_FALSE(client.finish().failed);
  CHECK(client.reply() == "answer");
  CHECK(client.counters().requests_sent == 1);
}

TEST_CASE("a UDP port where nobody listens refuses") {
  endpoint_url nowhere;
  {
    datagram_server const gone;
    nowhere = gone.url();
  }
  conversation client{nowhere};
  REQUIRE_FALSE(client.problem()); // a socket was made, which says nothing of the peer
  client.start("ask", one_datagram{});
  CHECK(client.finish().failed == error_kind::refused);
}

TEST_CASE("a late datagram is counted, and no later request is given it") {
  datagram_server server;
  conversation client{server.url()};
  client.start("first", one_datagram{});
  CHECK(server.receive() == "first");
  client.exchange().cancel(error_kind::timeout);
  CHECK(client.finish().failed == error_kind::timeout);
  CHECK_FALSE(client.link().usable());

  udp_drain drain{client.context().get_executor()};
  drain.take(std::move(client.link()));
  CHECK(drain.size() == 1);
  server.answer("too late"); // to the socket that asked, which is still bound

  conversation later{server.url()};
  later.start("second", one_datagram{});
  CHECK(server.receive() == "second");
  server.answer("in time");
  CHECK_FALSE(later.finish().failed);
  CHECK(later.reply() == "in time");

  drain.flush();
  CHECK(drain.size() == 0);
  CHECK(client.counters().datagrams_stale == 1);
}

TEST_CASE("a drained socket is let go after two seconds") {
  datagram_server server;
  conversation client{server.url()};
  udp_drain drain{client.context().get_executor()};
  drain.take(std::move(client.link()));
  auto const began = std::chrono::steady_clock::now();
  client.run();
  CHECK(drain.size() == 0);
  CHECK(std::chrono::steady_clock::now() - began >= udp_drain::kept_for);
}
