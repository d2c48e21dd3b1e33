#include "net/url.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace conecta::net;
using Catch::Matchers::Contains;

TEST_CASE("a URL comes back in its usual form") {
  struct row {
    char const* text;
    char const* host;
    int port;
    char const* shown;
  };
  auto const [text, host, port, shown] =
      GENERATE(row{"tcp://127.0.0.1:6379", "127.0.0.1", 6379, "tcp://127.0.0.1:6379"},
               row{"udp://[::1]:53", "::1", 53, "udp://[::1]:53"},
               row{"TCP://localhost:1", "localhost", 1, "tcp://localhost:1"},
               row{"tcp://my_service.local:65535/", "my_service.local", 65535,
                   "tcp://my_service.local:65535"},
               row{"tcp://[fe80::1%25eth0]:80", "fe80::1%eth0", 80, "tcp://[fe80::1%25eth0]:80"},
               row{"udp://h:9?send=a%0D%0A&expect=+b", "h", 9, "udp://h:9?send=a%0D%0A&expect=+b"});
  CAPTURE(text);
  auto const url = parse_url(text);
  REQUIRE(url.has_value());
  CHECK(url->host == host);
  CHECK(url->port == port);
  CHECK(url->to_string() == shown);
  CHECK((*parse_url(url->to_string()) == *url));
}

TEST_CASE("a scheme says what is spoken, and where if nothing else does") {
  auto const redis = parse_url("redis://:s%40cret@h/2?role=primary");
  REQUIRE(redis.has_value());
  CHECK(redis->speaks == protocol::redis);
  CHECK(redis->port == 6379);
  CHECK(redis->path == "2");
  CHECK(redis->password == "s@cret");
  CHECK(redis->to_string() == "redis://:***@h:6379/2?role=primary");
  auto const http = parse_url("http://h:8080/a%20b?token=secret");
  REQUIRE(http.has_value());
  CHECK(http->path == "a%20b?token=secret");
  CHECK(http->to_string() == "http://h:8080/a%20b?***");
  CHECK(parse_url("http://h?x")->path == "?x");
  auto const socket = parse_url("redis+unix:///run/my%20redis.sock?db=1");
  REQUIRE(socket.has_value());
  CHECK(socket->socket_path == "/run/my redis.sock");
  CHECK(socket->to_string() == "redis+unix:///run/my%20redis.sock?db=1");
  CHECK(parse_url("redis+unix://anna:x@/run/r.sock")->user == "anna");
}

TEST_CASE("where only bytes are meant, what is spoken is no excuse") {
  auto const redis = parse_url("redis://h", schemes::plain);
  REQUIRE_FALSE(redis.has_value());
  CHECK(redis.error().message ==
        "the scheme \"redis\" is not supported yet; allowed: tcp://, udp://");
}

TEST_CASE("what cannot be pooled yet is refused where a pool is meant") {
  CHECK(parse_url("rediss://h", schemes::poolable).has_value());
  auto const mqtt = parse_url("mqtt://h", schemes::poolable);
  REQUIRE_FALSE(mqtt.has_value());
  CHECK(mqtt.error().message ==
        "the scheme \"mqtt\" is not supported yet; allowed: tcp://, tls://, udp://, unix://, "
        "http://, https://, mysql://, postgres://, postgresql://, redis://, rediss://, "
        "redis+unix://");
}

TEST_CASE("what is wrong with a URL is said with what is allowed") {
  struct row {
    char const* text;
    char const* said;
  };
  auto const [text, said] = GENERATE(
      row{"", "begins with its scheme"}, row{"127.0.0.1:80", "begins with its scheme"},
      row{"tpc://h:1", "did you mean tcp://"},
      row{"gopher://h:1", "allowed: tcp://, tls://, udp://"},
      row{"target://h:1", "not supported yet"}, row{"unix://run/x", "begins with a slash"},
      row{"unix://", "begins with a slash"},
      row{"redis+unix:///a%zz", "in the path must be followed"},
      row{"tcp://:80", "the host is empty"}, row{"tcp://", "the host is empty"},
      row{"tcp://[]:80", "the host is empty"}, row{"tcp://h", "the port is missing"},
      row{"tcp://h:", "from 1 to 65535"}, row{"tcp://h:0", "from 1 to 65535"},
      row{"tcp://h:65536", "from 1 to 65535"}, row{"tcp://h:-1", "from 1 to 65535"},
      row{"tcp://h:8x", "from 1 to 65535"}, row{"tcp://h:99999999999999999999", "from 1 to 65535"},
      row{"tcp://::1:80", "in brackets"}, row{"tcp://[::1:80", "has no ]"},
      row{"tcp://[::1]80", "may follow the ]"}, row{"tcp://[::g]:80", "no IPv6 address"},
      row{"tcp://[::1%25]:80", "no IPv6 address"}, row{"tcp://300.1.1.1:80", "no IPv4 address"},
      row{"tcp://127.1:80", "no IPv4 address"}, row{"tcp://a..b:80", "must be a name"},
      row{"tcp://-a:80", "must be a name"}, row{"tcp://a%zz:80", "in the host must be followed"},
      row{"tcp://h:1/path", "has no path"}, row{"tcp://h:1#x", "fragment"},
      row{"tcp://h:1 ", "no spaces"}, row{"tcp://h:1?a=%4", "in the query must be followed"},
      row{"tcp://h:1?a", "KEY=VALUE"}, row{"tcp://h:1?=b", "KEY=VALUE"},
      row{"tcp://h:1?a=1&a=2", "twice"});
  CAPTURE(text);
  auto const url = parse_url(text);
  REQUIRE_FALSE(url.has_value());
  CHECK_THAT(url.error().message, Contains(said));
}

TEST_CASE("a scheme of TLS is that of its protocol, with a port of its own") {
  auto const [text, speaks, port] = GENERATE(
      std::tuple{"https://h", protocol::http, 443}, std::tuple{"rediss://h", protocol::redis, 6379},
      std::tuple{"amqps://h", protocol::amqp, 5671}, std::tuple{"mqtts://h", protocol::mqtt, 8883},
      std::tuple{"tls://h:1", protocol::none, 1});
  auto const url = parse_url(text);
  REQUIRE(url.has_value());
  CHECK(url->secure);
  CHECK(url->speaks == speaks);
  CHECK(url->port == port);
  CHECK_FALSE(parse_url("redis://h")->secure);
}

TEST_CASE("no text that a URL gives away holds its password") {
  auto const url = parse_url("tcp://anna:s%33cret@h:1");
  REQUIRE(url.has_value());
  CHECK(url->password == "s3cret");
  CHECK(url->to_string() == "tcp://anna:***@h:1");
  auto const bad = parse_url("tcp://anna:s3cret@h:0");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().message.find("s3cret") == std::string::npos);
}

TEST_CASE("a plus sign in a query is a plus sign, and every byte can be written") {
  auto const url = parse_url("udp://h:1?expect=+PONG%00%FF");
  REQUIRE(url.has_value());
  CHECK(url->query_value("expect") == std::string_view{"+PONG\0\xff", 7});
  CHECK_FALSE(url->query_value("send").has_value());
}

TEST_CASE("a URL longer than 8192 characters is refused") {
  CHECK_FALSE(parse_url("tcp://" + std::string(9000, 'a') + ":1").has_value());
}
