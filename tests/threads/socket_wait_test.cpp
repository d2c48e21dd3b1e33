// What hooks with a socket wait by.

#include <conecta/socket_wait.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace conecta;
using namespace std::chrono_literals;

namespace {

/// Two ends of one connection.
struct pair_of_sockets {
  int one = -1;
  int other = -1;

  pair_of_sockets() {
    int both[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    one = both[0];
    other = both[1];
  }
  pair_of_sockets(pair_of_sockets const&) = delete;
  pair_of_sockets& operator=(pair_of_sockets const&) = delete;
  ~pair_of_sockets() {
    ::close(one);
    close_other();
  }
  void close_other() {
    if (other >= 0) {
      ::close(other);
      other = -1;
    }
  }
};

instant in(duration time) { return std::chrono::steady_clock::now() + time; }

} // namespace

TEST_CASE("a hook waits for its socket, and no longer than it may") {
  pair_of_sockets const ends;
  CHECK(wait_for_socket(ends.one, socket_event::writable, {.deadline = in(10s), .stop = {}}));
  auto const began = std::chrono::steady_clock::now();
  CHECK_FALSE(
      wait_for_socket(ends.one, socket_event::readable, {.deadline = in(20ms), .stop = {}}));
  CHECK(std::chrono::steady_clock::now() - began >= 20ms);
  CHECK_FALSE(wait_for_socket(ends.one, socket_event::readable, {.deadline = in(-1s), .stop = {}}));
  REQUIRE(::write(ends.other, "x", 1) == 1);
  CHECK(wait_for_socket(ends.one, socket_event::readable, {.deadline = never, .stop = {}}));
}

TEST_CASE("a hook that is asked to stop does not wait for its socket any more") {
  pair_of_sockets const ends;
  std::stop_source stop;
  std::jthread const asks{[&] { stop.request_stop(); }};
  CHECK_FALSE(wait_for_socket(ends.one, socket_event::readable,
                              {.deadline = never, .stop = stop.get_token()}));
  CHECK_FALSE(wait_for_socket(ends.one, socket_event::writable,
                              {.deadline = never, .stop = stop.get_token()}));
}

TEST_CASE("an end that was hung up is ready, and not quiet") {
  pair_of_sockets ends;
  CHECK(socket_is_quiet(ends.one));
  REQUIRE(::write(ends.other, "x", 1) == 1);
  CHECK_FALSE(socket_is_quiet(ends.one));
  char byte = 0;
  REQUIRE(::read(ends.one, &byte, 1) == 1);
  CHECK(socket_is_quiet(ends.one));
  ends.close_other();
  CHECK(wait_for_socket(ends.one, socket_event::readable, {.deadline = never, .stop = {}}));
  CHECK_FALSE(socket_is_quiet(ends.one));
}
