#include "protocol/http.hpp"

#include "protocol/playing.hpp"

using namespace conecta::protocol;

namespace {

http_options asking(std::string target = "/ready") {
  http_options options;
  options.host = "h:8080";
  options.target = std::move(target);
  return options;
}

verdict http_says(std::string const& answer, http_options const& options = asking()) {
  return verdict_on([&] { return speak_http(options); }, {answer});
}

} // namespace

TEST_CASE("the head of a response is enough") {
  auto const made =
      play([] { return speak_http(asking()); }, {"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"});
  CHECK(made.said.front() == "GET /ready HTTP/1.1\r\nHost: h:8080\r\nUser-Agent: conecta\r\n"
                             "Accept: */*\r\nConnection: close\r\n\r\n");
  CHECK(made.end == ready());
}

TEST_CASE("no body is too long where nothing is looked for in it") {
  CHECK(http_says("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n") == ready());
}

TEST_CASE("an interim response is not the answer") {
  CHECK(http_says("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\n\r\n").reason ==
        "unavailable");
}

TEST_CASE("a status says how a server is, as far as is asked") {
  auto const says = [](std::string const& status, level asks) {
    auto options = asking();
    options.asks = asks;
    return http_says("HTTP/1.1 " + status + "\r\n\r\n", options);
  };
  CHECK(says("301 Moved", level::query) == ready());
  CHECK(says("503 Service Unavailable", level::query) ==
        verdict{standing::unready, "unavailable", "status 503 Service Unavailable"});
  CHECK(says("404 Not Found", level::query).reason == "status");
  CHECK(says("404 Not Found", level::auth) == ready());
  CHECK(says("401 Unauthorized", level::auth).is == standing::denied);
  CHECK(says("500 Oh", level::handshake) == ready());
}

TEST_CASE("credentials are Basic with a user, and Bearer without") {
  auto options = asking();
  options.password = "sesame";
  auto const bearer = play([&] { return speak_http(options); }, {}).said.front();
  CHECK(bearer.find("\r\nAuthorization: Bearer sesame\r\n") != std::string::npos);
  options.user = "aladdin";
  options.password = "opensesame";
  auto const basic = play([&] { return speak_http(options); }, {}).said.front();
  CHECK(basic.find("\r\nAuthorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n") != std::string::npos);
}

TEST_CASE("a text is looked for in the body, however it is framed") {
  auto options = asking();
  options.body_has = "ok";
  auto const head = std::string{"HTTP/1.1 200 OK\r\n"};
  CHECK(http_says(head + "Content-Length: 4\r\n\r\n ok ", options) == ready());
  CHECK(http_says(head + "Content-Length: 4\r\n\r\nfail", options).reason == "body");
  CHECK(http_says(head + "Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
                  options) == ready());
  CHECK(http_says(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", options).reason == "body");
  auto const until_close = speak_http(options);
  static_cast<void>(until_close->begin());
  static_cast<void>(until_close->hear(head + "\r\n"));
  static_cast<void>(until_close->hear("it is ok"));
  CHECK(until_close->closed("") == ready());
}

TEST_CASE("what is no HTTP is told apart, and no head is endless") {
  CHECK(http_says("+PONG\r\n").is == standing::foreign);
  CHECK(http_says("HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a')).reason == "oversized");
  auto const silent = speak_http(asking());
  static_cast<void>(silent->begin());
  CHECK(silent->closed("").reason == "closed");
}
