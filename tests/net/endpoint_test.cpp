// A service as the endpoint of a pool: how it opens, checks and closes, on real sockets.

#include "net/endpoint.hpp"

#include "conversation.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <sys/socket.h>
#include <vector>

using namespace conecta;
using namespace conecta::net;
using namespace std::chrono_literals;
using support::plain_socket;
using test::conversation;
using test::url_of;
namespace asio = boost::asio;

namespace {

check_exchange ping() {
  check_exchange asks;
  asks.send = "PING\n";
  asks.reply = until_delimiter{"\n"};
  asks.expect.prefix = "+PONG";
  return asks;
}

asio::awaitable<bool> run_check(asio_endpoint<connection> const& by, connection& over,
                                instant deadline) {
  hook_context const context{deadline, {}};
  auto checking = by.check(over, 0, context);
  bool const healthy = co_await std::move(checking);
  co_return healthy;
}

/// A pool's side of one connection, and the server's as a plain socket.
struct checked {
  explicit checked(std::optional<check_exchange> asks = {})
      : listener{plain_socket::listen_tcp()},
        client{url_of(transport::tcp, listener.address())},
        server{listener.accept()},
        drain{client.context().get_executor()},
        endpoint{make_endpoint(client.context().get_executor(),
                               {url_of(transport::tcp, listener.address()), std::move(asks)},
                               counters, drain)} {}

  void start_check(instant deadline = never) {
    verdict.reset();
    client.context().restart();
    auto coroutine = run_check(endpoint, client.link(), deadline);
    auto finished = [this](std::exception_ptr, bool healthy) { verdict = healthy; };
    asio::co_spawn(client.context(), std::move(coroutine),
                   asio::bind_cancellation_slot(stop.slot(), std::move(finished)));
  }
  bool check() {
    start_check();
    client.run();
    return verdict.value();
  }

  plain_socket listener;
  conversation client;
  plain_socket server;
  wire_counters counters;
  udp_drain drain;
  asio_endpoint<connection> endpoint;
  asio::cancellation_signal stop;
  std::optional<bool> verdict;
};

} // namespace

TEST_CASE("a check without a question sends nothing, and sees a peer that closed") {
  checked one;
  CHECK(one.check());
  one.server.close();
  REQUIRE(
      support::eventually([&] { return one.client.link().look_at() == connection::look::closed; }));
  CHECK_FALSE(one.check());
  CHECK(one.client.counters().checks_sent == 0);
}

TEST_CASE("a check without a question sees bytes that nobody asked for") {
  checked one;
  one.server.send("surprise");
  REQUIRE(support::eventually(
      [&] { return one.client.link().look_at() == connection::look::unread_bytes; }));
  CHECK_FALSE(one.check());
}

TEST_CASE("a check that asks is content with the reply it expects, and with no other") {
  auto const [reply, healthy] = GENERATE(std::pair{"+PONG\n", true}, std::pair{"-ERR\n", false});
  checked one{ping()};
  one.start_check();
  one.client.context().poll();
  CHECK(one.server.receive(5).bytes == "PING\n");
  one.server.send(reply);
  one.client.run();
  CHECK(one.verdict == healthy);
  CHECK(one.client.counters().checks_sent == 1);
  CHECK(one.client.counters().requests_sent == 0);
  CHECK(one.client.link().usable() == healthy);
}

TEST_CASE("a check that is called off fails, and so does every later one without asking again") {
  checked one{ping()};
  one.start_check();
  one.client.context().poll();
  one.stop.emit(asio::cancellation_type::terminal);
  one.client.run();
  CHECK(one.verdict == false);
  one.server.send("+PONG\n"); // the late answer is not taken for the next one's
  CHECK_FALSE(one.check());
  CHECK(one.client.counters().checks_sent == 1);
}

TEST_CASE("an establishment that hangs ends at its deadline as timed out") {
  // A queue of length 0 holds one connection; what comes next gets no answer to its SYN.
  plain_socket const full = plain_socket::listen_tcp();
  REQUIRE(::listen(full.get(), 0) == 0);
  std::vector<plain_socket> queued;
  asio::io_context context;
  wire_counters counters;
  std::vector<connection> established;
  std::optional<boost::system::error_code> problem;
  asio::cancellation_signal stop;
  asio::steady_timer timer{context};
  auto const url = url_of(transport::tcp, full.address());

  for (int attempt = 0; attempt < 8 && !problem; ++attempt) {
    auto const deadline = std::chrono::steady_clock::now() + 200ms;
    auto finished = [&](std::exception_ptr thrown, std::optional<connection> made) {
      timer.cancel();
      if (made) {
        established.push_back(std::move(*made));
        return;
      }
      try {
        std::rethrow_exception(thrown);
      } catch (boost::system::system_error const& said) {
        problem = said.code();
      }
    };
    auto dial = [](asio::io_context& on, endpoint_url to, wire_counters& counted,
                   instant until) -> asio::awaitable<std::optional<connection>> {
      auto establishing = establish(on.get_executor(), std::move(to), counted, until);
      connection made = co_await std::move(establishing);
      co_return std::optional<connection>{std::move(made)};
    };
    auto coroutine = dial(context, url, counters, deadline);
    asio::co_spawn(context, std::move(coroutine),
                   asio::bind_cancellation_slot(stop.slot(), std::move(finished)));
    timer.expires_at(deadline);
    timer.async_wait([&](boost::system::error_code const& cancelled) {
      if (!cancelled) {
        stop.emit(asio::cancellation_type::terminal);
      }
    });
    context.restart();
    context.run_for(10s);
  }
  REQUIRE(problem);
  CHECK(*problem == asio::error::timed_out);
  CHECK(classify(*problem) == error_kind::timeout);
  CHECK(counters.connections_established == established.size());
}

TEST_CASE("a pool opens its connections by the endpoint, and counts them alike") {
  auto const listener = plain_socket::listen_tcp();
  asio::io_context context;
  wire_counters counters;
  udp_drain drain{context.get_executor()};
  asio_pool<connection> pool{context.get_executor(),
                             {.max_size = 1},
                             make_endpoint(context.get_executor(),
                                           {url_of(transport::tcp, listener.address()), {}},
                                           counters, drain)};
  int lent = 0;
  for (int turn = 0; turn < 3; ++turn) {
    pool.async_acquire([&](error_code problem, lease<connection> one) {
      lent += !problem && one->look_at() == connection::look::quiet ? 1 : 0;
    });
    while (lent == turn && context.run_one_for(10s) > 0) {
    }
  }
  CHECK(lent == 3);
  CHECK(counters.connections_established == 1);
  CHECK(pool.stats().opened == 1);
  pool.close();
  context.run_for(10s);
  CHECK(listener.accept().receive(1).ended);
}
