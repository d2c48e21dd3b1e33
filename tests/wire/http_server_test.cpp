#include "support/plain_socket.hpp"
#include "wire/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::support;
using wire::http_request;
using wire::http_response;
using wire::http_server;

namespace {

std::string const question =
    "POST /a?b HTTP/1.1\r\nHost: localhost\r\nContent-Type: Text/Plain; x=y\r\n"
    "Content-Length: 4\r\n\r\nbody";

std::string head_of(plain_socket const& client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    auto const next = client.receive(1);
    if (next.bytes.empty()) {
      break;
    }
    head += next.bytes;
  }
  return head;
}

/// Head and body.
std::string answer_of(plain_socket const& client) {
  auto const head = head_of(client);
  std::string const length = "Content-Length: ";
  auto const found = head.find(length);
  return found == std::string::npos
             ? head
             : head + client.receive(std::stoul(head.substr(found + length.size()))).bytes;
}

} // namespace

TEST_CASE("a handler gets the request as it was sent, and its answer is sent back") {
  http_request seen;
  http_server server{wire::address::loopback(), [&](http_request const& asked) {
                       seen = asked;
                       return http_response{201, "{}", {}};
                     }};
  auto const client = plain_socket::connect_tcp(server.where());
  client.send(question);
  auto const answer = answer_of(client);
  CHECK(answer.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(answer.ends_with("\r\n\r\n{}"));
  server.stop();
  CHECK(seen.method == "POST");
  CHECK(seen.target == "/a?b");
  CHECK(seen.content_type == "text/plain");
  CHECK(seen.body == "body");
  CHECK(client.receive(1).ended);
}

TEST_CASE("a HEAD is answered as a GET, without the body") {
  http_server const server{wire::address::loopback(), [](http_request const& asked) {
                             return http_response{200, asked.method, {}};
                           }};
  auto const client = plain_socket::connect_tcp(server.where());
  std::string const rest = " / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send("HEAD" + rest + "GET" + rest);
  auto const head = head_of(client);
  CHECK(head.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(answer_of(client) == head + "GET");
}

TEST_CASE("chunks come in single bytes, the last one too") {
  http_server const server{wire::address::loopback(), [](http_request const& asked) {
                             return http_response{200, asked.body + "!", {}};
                           }};
  auto const client = plain_socket::connect_tcp(server.where());
  for (std::string const chunks : {"1\r\na\r\n0\r\n\r\n", "0\r\n\r\n"}) {
    for (auto const byte :
         "PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) {
      client.send({&byte, 1});
    }
    CHECK(answer_of(client).ends_with(chunks.starts_with('0') ? "\r\n\r\n!" : "\r\n\r\na!"));
  }
}

TEST_CASE("a request of HTTP/1.0 needs no Host, and one of HTTP/1.1 does") {
  http_server const server{wire::address::loopback(),
                           [](http_request const&) { return http_response{200, "{}", {}}; }};
  auto const asked = [&](std::string const& version) {
    auto const client = plain_socket::connect_tcp(server.where());
    client.send("GET / HTTP/" + version + "\r\n\r\n");
    return answer_of(client);
  };
  CHECK(asked("1.0").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(asked("1.1").starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_CASE("what a handler throws is answered with 500, and the next request is served") {
  int calls = 0;
  http_server server{wire::address::loopback(), [&](http_request const&) -> http_response {
                       if (++calls == 1) {
                         throw std::runtime_error{"no \xff luck"};
                       }
                       return {200, {}, {}};
                     }};
  auto const client = plain_socket::connect_tcp(server.where());
  client.send(question + question);
  auto const failed = answer_of(client);
  CHECK(failed.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  CHECK(failed.find("no \\ufffd luck") != std::string::npos);
  CHECK(answer_of(client).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("clients at the same time are served one after the other, whoever leaves meanwhile") {
  std::atomic<int> answered{0};
  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};
  http_server server{wire::address::loopback(), [&](http_request const&) {
                       most_inside = std::max(most_inside.load(), ++inside);
                       ++answered;
                       --inside;
                       return http_response{200, std::string(100'000, 'x'), {}};
                     }};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&server] {
      for (int asked = 0; asked < 20; ++asked) {
        auto client = plain_socket::connect_tcp(server.where());
        client.send(question);
        if (asked % 2 == 0) {
          client.reset();
        } else {
          static_cast<void>(client.receive(100'000));
        }
      }
    });
  }
  for (auto& each : threads) {
    each.join();
  }
  server.stop();
  CHECK(answered >= 80);
  CHECK(most_inside == 1);
}
