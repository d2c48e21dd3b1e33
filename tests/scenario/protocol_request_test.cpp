// Requests in the terms of a protocol, as a scenario writes them.

#include "scenario/loading.hpp"
#include "workload/request.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::scenario;
using namespace conecta::scenario::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

parts asking(std::string const& url, std::string const& request) {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "url": ")" + url + R"(" } ],)";
  written.workload = "\"workload\": { \"requests\": [ { " + request + " } ] },";
  return written;
}

workload::request_spec read_request(std::string const& url, std::string const& request) {
  auto const result = loaded(asking(url, request).text());
  CAPTURE(messages_of(result));
  REQUIRE(std::holds_alternative<conecta::scenario::scenario>(result));
  return std::get<conecta::scenario::scenario>(result).workload.requests.at(0);
}

std::string sent_by(std::string const& url, std::string const& request) {
  std::string out;
  workload::render(read_request(url, request).send, {.seed = 1, .sequence = 42}, out);
  return out;
}

std::string complaint(std::string const& url, std::string const& request) {
  auto const all = complaints(asking(url, request));
  REQUIRE(all.size() == 1);
  return all.at(0);
}

} // namespace

TEST_CASE("a command of Redis is an array, and an error is no success unless it is expected") {
  auto const made = read_request("redis://h", R"("redis": ["SET", "k{{seq}}", "v"])");
  CHECK(std::holds_alternative<net::resp_reply>(made.reply));
  CHECK(made.expect.no_resp_error);
  CHECK(sent_by("rediss://h", R"("redis": ["SET", "k{{seq}}", "v"])") ==
        "*3\r\n$3\r\nSET\r\n$3\r\nk42\r\n$1\r\nv\r\n");
  auto const refused =
      read_request("tcp://h:6379", R"("redis": ["NO"], "expect": {"prefix": "-ERR"})");
  CHECK_FALSE(refused.expect.no_resp_error);
}

TEST_CASE("a request of HTTP has what its URL has, and counts its body") {
  CHECK(sent_by("http://h/ready?full=1", R"("http": {})") ==
        "GET /ready?full=1 HTTP/1.1\r\nHost: h\r\nUser-Agent: conecta\r\nAccept: */*\r\n\r\n");
  CHECK(sent_by("http://h/{{seq}}/{{other}}", R"("http": {})") // a URL is no template
            .starts_with("GET /{{seq}}/{{other}} HTTP/1.1\r\n"));
  CHECK(sent_by("https://anna:pw@h:8443", R"("http": { "method": "POST", "path": "/user/{{seq}}",
            "headers": ["Content-Type: text/plain", "X-Id: {{seq}}"], "body": "age={{seq}}" })") ==
        "POST /user/42 HTTP/1.1\r\nHost: h:8443\r\nUser-Agent: conecta\r\nAccept: */*\r\n"
        "Authorization: Basic YW5uYTpwdw==\r\nContent-Type: text/plain\r\nX-Id: 42\r\n"
        "Content-Length: 6\r\n\r\nage=42");
  CHECK(
      sent_by("http://h", R"("http": { "method": "PUT" })").ends_with("Content-Length: 0\r\n\r\n"));
  auto const head = read_request("http://h", R"("http": { "method": "HEAD" })");
  CHECK(head.expect.http_success);
  CHECK(head.reply == net::reply_framing{net::http_response{net::http_scanner::asked::head}});
}

TEST_CASE("a statement goes to a database, whose client library says where its answer ends") {
  for (std::string const url : {"postgres://u:p@h/shop?sslmode=disable", "mysql://u@h/shop"}) {
    auto const made = read_request(url, R"("sql": "SELECT '{{seq}}'", "expect": {"equals": "42"})");
    CHECK(std::holds_alternative<net::client_value>(made.reply));
    CHECK(made.expect.equals == "42");
    CHECK(sent_by(url, R"("sql": "SELECT '{{seq}}', '{{{{x}}'")") == "SELECT '42', '{{x}}'");
  }
  auto const url = "postgres://u@h/shop";
  CHECK_THAT(complaint("tcp://h:5432", R"("sql": "SELECT 1")"), Contains("which is no database"));
  CHECK_THAT(complaint("redis://h", R"("sql": "SELECT 1")"), Contains("which is no database"));
  CHECK_THAT(complaint(url, R"("send": "x", "reply": {"echo": true})"), Contains("\"sql\" only"));
  CHECK_THAT(complaint(url, R"("redis": ["PING"])"), Contains("speaks something else"));
  CHECK_THAT(complaint(url, R"("sql": "")"), Contains("/sql: found"));
  CHECK_THAT(complaint(url, R"("sql": "a\u0000b")"), Contains("without NUL"));
  CHECK_THAT(complaint(url, R"("sql": "SELECT {{x}}")"), Contains("template"));
  CHECK_THAT(complaint(url, R"("sql": "SELECT 1", "reply": {"echo": true})"),
             Contains("a reply of a database ends by itself"));
  CHECK_THAT(complaint("postgres://h/shop", R"("sql": "SELECT 1")"),
             Contains("a session needs a user: postgres://USER@HOST/DATABASE"));
  CHECK_THAT(complaint("mysql://u@h?query=x", R"("sql": "SELECT 1")"),
             Contains("a query is for conecta probe; give requests with the key \"sql\""));
}

TEST_CASE("a database is checked by its own ping, and connects from ports of its own") {
  auto written = asking("mysql://u@h/shop", R"("sql": "SELECT 1")");
  written.endpoints = R"("endpoints": [ { "id": "a", "url": "mysql://u@h/shop",
                           "check": { "send": "x", "reply": { "echo": true } } } ],)";
  CHECK_THAT(complaints(written).at(0), Contains("/check: it goes to \"a\", a database"));
  written = asking("mysql://u@h/shop", R"("sql": "SELECT 1")");
  written.faults = R"("faults": [ { "id": "f", "endpoint": "a", "type": "port_range", "n": 1,
                        "at": "steady+0s", "for": "1s" } ])";
  written.stages += ",";
  CHECK_THAT(complaints(written).at(0), Contains("whose client library chooses its ports"));
}

TEST_CASE("what a protocol does not have is said") {
  CHECK_THAT(complaint("redis://h", R"("redis": [])"), Contains("found 0 elements"));
  CHECK_THAT(complaint("redis://h", R"("redis": ["GET", 7])"), Contains("/redis/1: found 7"));
  CHECK_THAT(complaint("redis://h", R"("redis": ["GET {{key}}"])"), Contains("template"));
  CHECK_THAT(complaint("redis://h", R"("redis": ["PING"], "reply": {"echo": true})"),
             Contains("/reply: a reply of Redis ends by itself"));
  CHECK_THAT(complaint("http://h", R"("redis": ["PING"])"), Contains("speaks something else"));
  CHECK_THAT(complaint("udp://h:1", R"("redis": ["PING"])"), Contains("speaks something else"));
  CHECK_THAT(complaint("redis://h", R"("http": {})"), Contains("speaks something else"));
  CHECK_THAT(complaint("http://h", R"("http": { "path": "x" })"), Contains("begins with a slash"));
  CHECK_THAT(complaint("http://h", R"("http": { "path": "/a b" })"), Contains("%20"));
  CHECK_THAT(complaint("http://h", R"("http": { "path": "/{{other}}" })"), Contains("template"));
  CHECK_THAT(complaint("http://h", R"("http": { "headers": ["no"] })"),
             Contains("\"Name: value\""));
  CHECK_THAT(complaint("http://h", R"("http": { "headers": ["a: b\r\nc: d"] })"),
             Contains("\"Name: value\""));
  CHECK_THAT(complaint("http://h", R"("http": {}, "send": "x")"),
             Contains("exactly one of \"send\", \"redis\", \"http\", \"sql\""));
}

TEST_CASE("hosts that differ are not asked by one request, and a URL's mistakes are told") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "url": "http://one" },
                                        { "id": "b", "url": "http://two" } ],)";
  written.workload = R"("workload": { "requests": [ { "http": {} } ] },)";
  CHECK_THAT(complaints(written).at(0), Contains("\"a\" and \"b\", which have other hosts"));
  CHECK_THAT(complaint("redis://h/two", R"("redis": ["PING"])"), Contains("a number from 0"));
  CHECK_THAT(complaint("redis://h?role=primary", R"("redis": ["PING"])"), Contains("level query"));
  CHECK_THAT(complaint("memcached://h", R"("send": "x", "reply": {"echo": true})"),
             Contains("not supported yet"));
}
