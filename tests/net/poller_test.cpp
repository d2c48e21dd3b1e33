// The poller over pairs of sockets in this process: what one end does, the other end is told.

#include "net/polled_socket.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace conecta;
using namespace conecta::net;
namespace asio = boost::asio;

namespace {

/// Two ends, ours polled, theirs plain.
struct socket_pair {
  explicit socket_pair(asio::io_context& io, int type = SOCK_STREAM) {
    std::array<int, 2> made{};
    REQUIRE(::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, made.data()) == 0);
    auto const of =
        type == SOCK_STREAM ? polled_socket::kind::stream : polled_socket::kind::datagrams;
    ours = polled_socket{io.get_executor(), made[0], of};
    theirs = made[1];
  }
  socket_pair(socket_pair const&) = delete;
  socket_pair& operator=(socket_pair const&) = delete;
  ~socket_pair() { hang_up(); }

  void say(std::string_view text) const {
    REQUIRE(::send(theirs, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (theirs >= 0) {
      ::close(std::exchange(theirs, -1));
    }
  }
  [[nodiscard]] std::string read(std::size_t room = 100) const {
    std::string text(room, '\0');
    auto const count = ours.receive(text.data(), room);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }
  /// Until the kernel takes no more.
  void fill() const {
    std::string const much(1 << 16, 'x');
    while (ours.send(much) > 0) {
    }
    REQUIRE(errno == EAGAIN);
  }

  polled_socket ours;
  int theirs = -1;
};

struct listener final : waiter {
  int rung = 0;
  std::function<void()> then = [] {};

 private:
  void ready() override {
    ++rung;
    then();
  }
};

} // namespace

TEST_CASE("a wait is told once, when bytes have come") {
  asio::io_context io;
  socket_pair const pair{io};
  listener who;
  REQUIRE(pair.ours.await(readiness::readable, who));
  io.poll();
  CHECK(who.rung == 0);
  pair.say("hello");
  CHECK(who.rung == 0); // never from inside
  io.run();             // returns: nothing else is awaited
  CHECK(who.rung == 1);
  CHECK_FALSE(who.waits());
  CHECK(pair.read() == "hello");

  pair.say("more");
  io.restart();
  io.run();
  CHECK(who.rung == 1);
}

TEST_CASE("who read all waits for the next bytes, who left some need not wait") {
  asio::io_context io;
  socket_pair const pair{io};
  listener who;
  REQUIRE(pair.ours.await(readiness::readable, who));
  pair.say("abcdef");
  io.run();
  CHECK(pair.read(3) == "abc");
  CHECK_FALSE(pair.ours.await(readiness::readable, who));
  CHECK(pair.read() == "def");
  REQUIRE(pair.ours.await(readiness::readable, who));
  io.restart();
  io.poll();
  CHECK(who.rung == 1);
  pair.say("g");
  io.restart();
  io.run();
  CHECK(who.rung == 2);
}

TEST_CASE("an end that comes together with the last bytes is told after them") {
  asio::io_context io;
  socket_pair pair{io};
  listener who;
  REQUIRE(pair.ours.await(readiness::readable, who));
  pair.say("last");
  pair.hang_up();
  io.run();
  CHECK(pair.read() == "last");
  CHECK_FALSE(pair.ours.await(readiness::readable, who));
  char byte = 0;
  CHECK(pair.ours.receive(&byte, 1) == 0);
}

TEST_CASE("an end that comes after the last bytes were read is told, too") {
  asio::io_context io;
  socket_pair pair{io};
  listener who;
  REQUIRE(pair.ours.await(readiness::readable, who));
  pair.say("last");
  io.run();
  CHECK(pair.read() == "last");
  REQUIRE(pair.ours.await(readiness::readable, who));
  pair.hang_up();
  io.restart();
  io.run();
  CHECK(who.rung == 2);
}

TEST_CASE("of several datagrams that came at once none is waited for in vain") {
  asio::io_context io;
  socket_pair const pair{io, SOCK_DGRAM};
  listener who;
  REQUIRE(pair.ours.await(readiness::readable, who));
  pair.say("one");
  pair.say("two");
  io.run();
  CHECK(pair.read() == "one");
  CHECK_FALSE(pair.ours.await(readiness::readable, who));
  CHECK(pair.read() == "two");
  CHECK_FALSE(pair.ours.await(readiness::readable, who)); // nobody knows until it is asked
  char byte = 0;
  CHECK(pair.ours.receive(&byte, 1) < 0);
  CHECK(errno == EAGAIN);
  CHECK(pair.ours.await(readiness::readable, who));
}

TEST_CASE("room to write is told when the other end has read") {
  asio::io_context io;
  socket_pair const pair{io};
  pair.fill();
  listener who;
  REQUIRE(pair.ours.await(readiness::writable, who));
  io.poll();
  CHECK(who.rung == 0);
  std::string sink(1 << 20, '\0');
  while (::recv(pair.theirs, sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
  }
  io.restart();
  io.run();
  CHECK(who.rung == 1);
}

TEST_CASE("a wait that is given up, or whose waiter is gone, is not told, and holds nobody up") {
  asio::io_context io;
  socket_pair const pair{io};
  listener stays;
  REQUIRE(pair.ours.await(readiness::readable, stays));
  stays.stop_waiting();
  {
    listener goes;
    REQUIRE(pair.ours.await(readiness::readable, goes));
  }
  io.run();
  pair.say("x");
  io.restart();
  io.run();
  CHECK(stays.rung == 0);
  REQUIRE(pair.ours.await(readiness::readable, stays)); // the news has not been fetched yet
  io.restart();
  io.run();
  CHECK(stays.rung == 1);
}

TEST_CASE("of two that are ready together the first may close the second") {
  asio::io_context io;
  std::optional<socket_pair> first;
  std::optional<socket_pair> second;
  first.emplace(io);
  second.emplace(io);
  listener at_first;
  listener at_second;
  at_first.then = [&] { second.reset(); };
  at_second.then = [&] { first.reset(); };
  REQUIRE(first->ours.await(readiness::readable, at_first));
  REQUIRE(second->ours.await(readiness::readable, at_second));
  first->say("x");
  second->say("x");
  io.run();
  CHECK(at_first.rung + at_second.rung == 1);
  CHECK(first.has_value() != second.has_value());
}

TEST_CASE("more sockets than are fetched at once are all told") {
  asio::io_context io;
  std::vector<std::unique_ptr<socket_pair>> pairs;
  std::vector<std::unique_ptr<listener>> who;
  for (int i = 0; i < 300; ++i) {
    pairs.push_back(std::make_unique<socket_pair>(io));
    who.push_back(std::make_unique<listener>());
    REQUIRE(pairs.back()->ours.await(readiness::readable, *who.back()));
    pairs.back()->say("x");
  }
  io.run();
  for (auto const& each : who) {
    REQUIRE(each->rung == 1);
  }
}

namespace {

/// What a coroutine's wait ended with; none: it has not.
using ending = std::optional<boost::system::error_code>;

asio::awaitable<void> keep_ending(polled_socket const& socket, instant deadline, ending& into) {
  auto waiting = until(socket, readiness::readable, deadline);
  into = co_await std::move(waiting);
}

} // namespace

TEST_CASE("a coroutine waits until bytes come, its time is up, or it is cancelled") {
  asio::io_context io;
  socket_pair const pair{io};
  ending how;
  asio::cancellation_signal stop;
  auto const start = [&](instant deadline) {
    how.reset();
    auto coroutine = keep_ending(pair.ours, deadline, how);
    auto finished = [](std::exception_ptr thrown) { REQUIRE_FALSE(thrown); };
    io.restart();
    asio::co_spawn(io, std::move(coroutine),
                   asio::bind_cancellation_slot(stop.slot(), std::move(finished)));
    io.poll();
  };
  SECTION("bytes") {
    start(never);
    CHECK_FALSE(how);
    pair.say("x");
    io.restart();
    io.run();
    CHECK(how == boost::system::error_code{});
  }
  SECTION("time") {
    start(instant{});
    io.run();
    CHECK(how == boost::system::error_code{asio::error::timed_out});
  }
  SECTION("cancelled") {
    start(never);
    stop.emit(asio::cancellation_type::terminal);
    io.restart();
    io.run();
    CHECK(how == boost::system::error_code{asio::error::operation_aborted});
  }
  SECTION("the io_context goes first: the frame goes with it") { start(never); }
}
