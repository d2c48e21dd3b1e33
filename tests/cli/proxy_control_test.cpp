// The control API of `conecta proxy` before clients that are careless, hostile, or a browser.

#include "cli/proxy_rig.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <memory>

using namespace conecta;
using namespace conecta::cli_test;
using support::plain_socket;

namespace {

std::string put_head(std::string const& more) {
  return "PUT /faults HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

std::string const json_type = "Content-Type: application/json\r\n";
std::string const empty_set = R"({"faults":[]})";

/// It still answers, and nothing got through to its faults.
void require_unharmed(proxy const& before) {
  auto const answer = before.get("/faults");
  REQUIRE(answer.status == 200);
  REQUIRE(answer.document() == json{{"faults", json::array()}});
}

} // namespace

TEST_CASE("faults are listed, added, shown and removed, and refused with the status that fits") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  json const fault{{"id", "a b/ü"}, {"type", "close"}, {"after_bytes", "1KiB"}};
  auto const added = before.post(fault);
  CHECK(added.status == 201);
  CHECK(added.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(added.document().at("after_bytes") == "1KiB");
  CHECK(added.document().at("probability") == 1);

  auto const twice = before.post(fault);
  CHECK(twice.status == 409);
  CHECK(twice.errors().find("which there is; delete it first") != std::string::npos);

  CHECK(before.get("/faults/a%20b%2F%c3%bc").document() == added.document());
  CHECK(before.remove("a%20b%2F%C3%BC").status == 204);
  CHECK(before.get("/faults/a%20b%2F%c3%bc").status == 404);
  CHECK(before.remove("a").status == 404);

  auto const [method, path, status] = GENERATE(table<std::string, std::string, int>({
      {"GET", "/", 404},
      {"GET", "/fault", 404},
      {"GET", "/faults/", 404},
      {"GET", "/faults/%zz", 400},
      {"GET", "/faults/%4", 400},
      {"GET", "/status?pretty", 400},
      {"DELETE", "/faults", 405},
      {"OPTIONS", "/faults", 405},
      {"DELETE", "/status", 405},
      {"BREW", "/faults/a", 405},
  }));
  auto const refused = before.send(method, path);
  CAPTURE(method, path, refused.body);
  CHECK(refused.status == status);
  CHECK_FALSE(refused.errors().empty());
  CHECK((refused.head.find("Allow: ") != std::string::npos) == (status == 405));
  require_unharmed(before);
}

TEST_CASE("all mistakes of a document are told at once, and none of it is taken") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  auto const refused = before.send("PUT", "/faults", R"({ "faults": [
    { "id": "a", "type": "latency", "delay": 5 },
    { "id": "b", "type": "port_closed" },
    { "id": "c", "type": "close", "endpoint": "x" },
    { "id": "c", "type": "extra_reply", "send": "${HOME}" },
    { "id": "c", "type": "reset" },
    { "id": "d", "type": "close", "repeat": { "every": "1s", "count": 2 } },
    { "id": "e", "type": "close", "for": "2s", "repeat": { "every": "1s", "count": 2 } },
    { "id": "f", "type": "close", "for": "1s",
      "repeat": { "every": "720h", "count": 122 } },
    { "id": "g", "type": "pause", "pid_file": "/run/x" } ] })");
  CHECK(refused.status == 400);
  auto const errors = refused.errors();
  CAPTURE(errors);
  for (auto const* const expected :
       {"body:2: /faults/0/delay: found 5, a number without a unit",
        "body:3: /faults/1/type: found \"port_closed\", and the proxy is TCP",
        "body:4: /faults/2/endpoint: unknown key",
        "body:5: /faults/3/send: found \"${HOME}\"; variables are for the file alone",
        "body:6: /faults/4/id: found \"c\" twice",
        "body:7: /faults/5/repeat/every: found \"1s\", and the window lasts until it is removed",
        "body:8: /faults/6/repeat/every: found \"1s\", and the window lasts 2s",
        "body:10: /faults/7/repeat/count: found 122; allowed: at most 121",
        "body:11: /faults/8/type: found \"pause\""}) {
    CHECK(errors.find(expected) != std::string::npos);
  }
  CHECK(errors.find("environment") == std::string::npos); // which is nobody's business here
  require_unharmed(before);

  auto const [body, reason] = GENERATE(table<std::string, std::string>({
      {"[]", "allowed: an object"},
      {"{", "body:1: "},
      {"{}", "the key \"faults\" is missing"},
      {R"({"faults":[],"faults":[]})", "faults"},
      {R"({"faults":[]} x)", "body:1: "},
      {"\xff", "body:1: "},
  }));
  auto const whole = before.send("PUT", "/faults", body);
  CAPTURE(body, whole.body);
  CHECK(whole.status == 400);
  CHECK(whole.errors().find(reason) != std::string::npos);
  auto const one = before.send("POST", "/faults", body);
  CHECK(one.status == 400);
  require_unharmed(before);
}

TEST_CASE("what a browser sends for a page is refused") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  auto const length = "Content-Length: " + std::to_string(empty_set.size()) + "\r\n";
  auto const [bytes, status] = GENERATE_REF(table<std::string, int>({
      {put_head(json_type + length + "Origin: http://evil.example\r\n") + empty_set, 403},
      {"GET /status HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", 403},
      {"GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
      {"GET /status HTTP/1.1\r\nHost: evil.example:8080\r\n\r\n", 403},
      {"GET /status HTTP/1.0\r\nHost: evil.example\r\n\r\n", 403},
      {put_head(length) + empty_set, 415},
      {put_head("Content-Type: text/plain\r\n" + length) + empty_set, 415},
      {put_head("Content-Type: application/jsonx\r\n" + length) + empty_set, 415},
      {put_head("Content-Type: Application/JSON ; charset=utf-8\r\n" + length) + empty_set, 200},
      {"GET /status HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", 200},
      {"GET /status HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
      {"GET /status HTTP/1.1\r\nHost: LocalHost\r\n\r\n", 200},
      {"GET /status HTTP/1.0\r\n\r\n", 200}, // browsers say whom they ask
  }));
  auto const answer = ask_raw(before.control(), bytes);
  CAPTURE(bytes, answer.body);
  CHECK(answer.status == status);
  require_unharmed(before);
}

TEST_CASE("what is no request is refused, the connection closed, and the others served") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  auto const chunked = put_head(json_type + "Transfer-Encoding: chunked\r\n");
  auto const [bytes, status] = GENERATE_REF(table<std::string, int>({
      {"\r\n\r\n\r\n", 400},
      {std::string(100, '\0'), 400},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n", 400},
      {"GET /status\r\n\r\n", 400},
      {"GET /status HTTP/2.0\r\n\r\n", 400},
      {"GET /st atus HTTP/1.1\r\n\r\n", 400},
      {"GET /status HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},
      {"GET /status HTTP/1.1\r\n\r\n", 400},
      {"GET /status HTTP/1.1\r\nNo colon\r\n\r\n", 400},
      {put_head(json_type + "Content-Length: 1\r\nContent-Length: 2\r\n") + "{}", 400},
      {put_head(json_type + "Content-Length: -1\r\n"), 400},
      {put_head(json_type + "Content-Length: 99999999999999999999\r\n"), 400},
      {put_head(json_type + "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
       400},
      {chunked + "xyz\r\n", 400},
      {put_head(json_type + "Content-Length: 1048577\r\n"), 413},
      {chunked + "100001\r\n", 413},
      {"GET /" + std::string(9000, 'a'), 431},
      {"GET /status HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(9000, 'a'), 431},
  }));
  auto const client = plain_socket::connect_tcp(before.control());
  client.send(bytes);
  auto const whole = client.receive_all(); // it closes
  CAPTURE(bytes, whole.bytes);
  CHECK(whole.ended);
  CHECK(whole.bytes.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
  CHECK(whole.bytes.find("\"errors\": [") != std::string::npos);
  CHECK(whole.bytes.find("Connection: close\r\n") != std::string::npos);
  require_unharmed(before);
}

TEST_CASE("requests come in one piece, in single bytes, one after the other, in chunks") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  std::string const status = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n";
  SECTION("one behind the other") {
    auto const last = ask_raw(
        before.control(), status + status + "GET /faults HTTP/1.1\r\nHost: localhost\r\n\r\n", 3);
    CHECK(last.document() == json{{"faults", json::array()}});
  }
  SECTION("in single bytes") {
    auto const client = plain_socket::connect_tcp(before.control());
    for (auto const byte : status) {
      client.send({&byte, 1});
    }
    CHECK(client.receive(15).bytes == "HTTP/1.1 200 OK");
  }
  SECTION("in chunks") {
    CHECK(ask_raw(before.control(), put_head(json_type + "Transfer-Encoding: chunked\r\n") +
                                        "5\r\n{\"fau\r\n8\r\nlts\":[]}\r\n0\r\n\r\n")
              .status == 200);
  }
  SECTION("with a wish to be told to go on") {
    auto const client = plain_socket::connect_tcp(before.control());
    client.send(put_head(json_type + "Content-Length: 13\r\nExpect: 100-continue\r\n"));
    std::string const go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(client.receive(go_on.size()).bytes == go_on);
    client.send(empty_set);
    CHECK(client.receive(15).bytes == "HTTP/1.1 200 OK");
  }
  SECTION("of HTTP/1.0, which closes") {
    auto const client = plain_socket::connect_tcp(before.control());
    client.send("GET /faults HTTP/1.0\r\nHost: localhost\r\n\r\n");
    auto const whole = client.receive_all();
    CHECK(whole.ended);
    CHECK(whole.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  }
  SECTION("and as long as they may be") {
    auto body = empty_set;
    body.insert(1, (std::size_t{1} << 20) - body.size(), ' ');
    CHECK(before.send("PUT", "/faults", body).status == 200);
  }
}

TEST_CASE("a thousand faults are the most, and clients without manners are bounded, too") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  json all = json::array();
  for (int i = 0; i < 1000; ++i) {
    all.push_back({{"id", std::to_string(i)}, {"type", "slicer"}});
  }
  CHECK(before.put(all).status == 200);
  auto const full = before.post({{"id", "more"}, {"type", "slicer"}});
  CHECK(full.status == 409);
  CHECK(full.errors().find("there are 1000 faults") != std::string::npos);
  CHECK(before.put(json::array()).status == 200);

  std::vector<plain_socket> waiting;
  for (int i = 0; i < 64; ++i) {
    waiting.push_back(plain_socket::connect_tcp(before.control()));
    waiting.back().send("GET /sta");
  }
  auto const one_more = plain_socket::connect_tcp(before.control());
  auto const told = one_more.receive_all(); // without having asked
  CHECK(told.bytes.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(told.bytes.find("64 connections are open") != std::string::npos);
  CHECK(told.ended);
  waiting.front().send("tus HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(waiting.front().receive(15).bytes == "HTTP/1.1 200 OK");
  waiting.pop_back();
  waiting.front().reset();
  CHECK(support::eventually([&] { return before.get("/faults").status == 200; }));
}
