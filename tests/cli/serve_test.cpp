// `conecta serve`: an embedded server that other programs use.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;
using support::plain_socket;

namespace {

std::vector<std::string> serve(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "serve");
  return cli_test::conecta(std::move(arguments));
}

wire::address address_in(std::string const& line) {
  auto const url = json::parse(line).at("url").get<std::string>();
  auto const port = url.substr(url.rfind(':') + 1);
  return wire::address::loopback(wire::family::ipv4, static_cast<std::uint16_t>(std::stoul(port)));
}

/// The last line of what it printed.
json counts_of(support::ended_process const& ended) {
  return json::parse(ended.out.substr(ended.out.find('\n') + 1));
}

} // namespace

TEST_CASE("a server that runs alone says where, serves, and says what it counted") {
  auto const signal = GENERATE(SIGINT, SIGTERM);
  support::process server{serve({"tcp-echo", "--set", "reply=pong\n"})};
  {
    auto const client = plain_socket::connect_tcp(address_in(server.first_line()));
    client.send("ping\nping\n");
    CHECK(client.receive(10).bytes == "pong\npong\n");
  }
  server.signal(signal);
  auto const ended = server.wait(10s);
  CHECK(ended.code == 0);
  CHECK(ended.err.empty());
  CHECK(counts_of(ended) ==
        json{{"accepted", 1}, {"turned_away", 0}, {"requests", 2}, {"replies", 2}});
}

TEST_CASE("a UDP server runs alone, too") {
  support::process server{serve({"udp-echo"})};
  auto const client = plain_socket::connect_udp(address_in(server.first_line()));
  client.send("ping");
  CHECK(client.receive_datagram().bytes == "ping");
  server.signal(SIGTERM);
  CHECK(counts_of(server.wait(10s)).at("replies") == 1);
}

TEST_CASE("a server that other machines can reach is warned of") {
  support::process server{serve({"tcp-echo", "--listen", "0.0.0.0:0"})};
  CHECK(json::parse(server.first_line()).at("kind") == "tcp-echo");
  server.signal(SIGINT);
  auto const ended = server.wait(10s);
  CHECK(ended.code == 0);
  CHECK(ended.err.find("warning: other machines can reach 0.0.0.0:") != std::string::npos);
}

TEST_CASE("a server that cannot be had is refused with a reason") {
  auto const taken = plain_socket::listen_tcp();
  auto const refused = [](std::vector<std::string> arguments) {
    return support::run_process(serve(std::move(arguments)));
  };
  auto const in_use = refused({"tcp-echo", "--listen", taken.address().text()});
  CHECK(in_use.code == 69);
  CHECK(in_use.err.find("Address already in use") != std::string::npos);
  CHECK(in_use.out.empty());

  auto const [arguments, reason] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"tcp-ech"}, "did you mean \"tcp-echo\"?"},
      {{"tcp-echo", "--set", "reply_dela=5ms"}, "did you mean \"reply_delay\"?"},
      {{"udp-echo", "--set", "close_after=1"}, "it belongs to \"tcp-echo\""},
      {{"tcp-echo", "--set", "frame.bytes=0"}, "found 0"},
      {{"tcp-echo", "--set", "x"}, "such as reply_delay=5ms"},
      {{"tcp-echo", "--set", "kind=udp-echo"}, "the kind is said by KIND, \"tcp-echo\""},
      {{"tcp-echo", "--listen", "80"}, "ADDRESS:PORT"},
      {{"tcp-echo", "--listen", "somewhere:80"}, "ADDRESS:PORT"},
      {{"tcp-echo", "--listen", "127.0.0.1:65536"}, "ADDRESS:PORT"},
      {{"tcp-echo", "--listen", "::1:80"}, "ADDRESS:PORT"},
  }));
  auto const wrong = refused(arguments);
  CAPTURE(arguments, wrong.err);
  CHECK(wrong.code == 64);
  CHECK(wrong.err.find(reason) != std::string::npos);
}
