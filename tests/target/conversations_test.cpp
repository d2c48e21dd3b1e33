// What embedded servers of a protocol say, asked by a client that knows nothing of them. Those of
// databases are asked by the databases' own clients in tests/cli/bench_targets_test.cpp.

#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace conecta;
using support::plain_socket;
using target::target_kind;

namespace {

struct line_pair {
  std::string asked;
  std::string answered;
};

/// Each in one piece, then all of them byte by byte.
void require_dialogue(target_kind kind, std::vector<line_pair> const& lines) {
  auto const server = target::start({.kind = kind});
  auto const whole = plain_socket::connect_tcp(server->address());
  for (auto const& [asked, answered] : lines) {
    CAPTURE(asked);
    whole.send(asked);
    CHECK(whole.receive(answered.size()).bytes == answered);
  }
  auto const again = target::start({.kind = kind});
  auto const pieces = plain_socket::connect_tcp(again->address());
  for (auto const& [asked, answered] : lines) {
    CAPTURE(asked);
    for (char const each : asked) {
      pieces.send(std::string(1, each));
    }
    CHECK(pieces.receive(answered.size()).bytes == answered);
  }
}

std::string closed_after(target_kind kind, std::string const& asked) {
  auto const server = target::start({.kind = kind});
  auto const client = plain_socket::connect_tcp(server->address());
  client.send(asked);
  auto const said = client.receive_all();
  CHECK(said.ended);
  return said.bytes;
}

} // namespace

TEST_CASE("the embedded Redis keeps what it is given, and says what it cannot") {
  require_dialogue(target_kind::redis,
                   {{"*1\r\n$4\r\nPING\r\n", "+PONG\r\n"},
                    {"PING hello\r\n", "$5\r\nhello\r\n"},
                    {"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nb\n\r\n", "+OK\r\n"},
                    {"get k\r\n", "$5\r\na\r\nb\n\r\n"},
                    {"GET nothing\r\n", "$-1\r\n"},
                    {"INCR n\r\n", ":1\r\n"},
                    {"INCR n\r\n", ":2\r\n"},
                    {"INCR k\r\n", "-ERR value is not an integer or out of range\r\n"},
                    {"EXISTS k n nothing\r\n", ":2\r\n"},
                    {"DEL k nothing\r\n", ":1\r\n"},
                    {"DBSIZE\r\n", ":1\r\n"},
                    {"FLUSHALL\r\n", "+OK\r\n"},
                    {"ROLE\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"},
                    {"SET k\r\n", "-ERR wrong number of arguments for 'SET' command\r\n"},
                    {"SELEKT 1\r\n", "-ERR unknown command\r\n"},
                    {"\r\nECHO x\r\n", "$1\r\nx\r\n"}});
  CHECK(closed_after(target_kind::redis, "QUIT\r\n") == "+OK\r\n");
  CHECK(closed_after(target_kind::redis, "*1\r\n:3\r\n") == "-ERR Protocol error\r\n");
}

TEST_CASE("the embedded memcached keeps what it is given, and says what it cannot") {
  require_dialogue(target_kind::memcached,
                   {{"version\r\n", "VERSION 1.6.0\r\n"},
                    {"set k 0 0 4\r\na\r\nb\r\n", "STORED\r\n"},
                    {"get k nothing\r\n", "VALUE k 0 4\r\na\r\nb\r\nEND\r\n"},
                    {"gets k\r\n", "VALUE k 0 4 1\r\na\r\nb\r\nEND\r\n"},
                    {"add k 0 0 1\r\nx\r\n", "NOT_STORED\r\n"},
                    {"replace new 0 0 1\r\nx\r\n", "NOT_STORED\r\n"},
                    {"set k 0 0 1 noreply\r\nx\r\nget k\r\n", "VALUE k 0 1\r\nx\r\nEND\r\n"},
                    {"set k 0 0 1\r\nxyz", "CLIENT_ERROR bad data chunk\r\n"},
                    {"delete k\r\n", "DELETED\r\n"},
                    {"delete k\r\n", "NOT_FOUND\r\n"},
                    {"flush_all\r\n", "OK\r\n"},
                    {"incr k 1\r\n", "ERROR\r\n"},
                    {"\r\n", "ERROR\r\n"}});
  CHECK(closed_after(target_kind::memcached, "quit\r\n").empty());
  CHECK(closed_after(target_kind::memcached, std::string(4096, 'x')) ==
        "CLIENT_ERROR line too long\r\n");
}

TEST_CASE("the embedded HTTP server answers every path, keeps alive, and closes when asked to") {
  std::string const ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
  require_dialogue(target_kind::http,
                   {{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", ok},
                    {"POST /x HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody", ok},
                    {"HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
                    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ok}});
  std::string const last = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  CHECK(closed_after(target_kind::http, "GET / HTTP/1.0\r\n\r\n") == last);
  CHECK(closed_after(target_kind::http, "GET / HTTP/1.1\r\nConnection: Close\r\n\r\n") == last);
  for (std::string const wrong :
       {"nonsense\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n",
        // With the head it would be no byte at all, in 64 bits.
        "GET / HTTP/1.1\r\nContent-Length: 18446744073709551560\r\n\r\n"}) {
    CHECK(closed_after(target_kind::http, wrong).starts_with("HTTP/1.1 400 Bad Request\r\n"));
  }
}

TEST_CASE("what is no start of a database's session ends it") {
  CHECK(closed_after(target_kind::postgres, std::string("\0\0\0\3abcdefgh", 12)).empty());
  CHECK(closed_after(target_kind::postgres, std::string(16, '\xff')).empty());
}

TEST_CASE("an array of more strings than Redis takes, and one that is cut, end the connection") {
  std::string const refused = "-ERR Protocol error\r\n";
  CHECK(closed_after(target_kind::redis, "*1000000000\r\n") == refused);
  CHECK(closed_after(target_kind::redis, "*2\r\n$4\r\nPING\r\n:1\r\n") == refused);
}

TEST_CASE("a request of a protocol may come with the next one, and both are answered") {
  auto const server = target::start({.kind = target_kind::redis});
  auto const client = plain_socket::connect_tcp(server->address());
  client.send("INCR n\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\nINCR n\r\n");
  CHECK(client.receive(12).bytes == ":1\r\n:2\r\n:3\r\n");
  CHECK(server->counts().requests == 3);
  CHECK(server->counts().replies == 3);
}
