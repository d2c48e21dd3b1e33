// memcached, NATS and MQTT.

#include "protocol/memcached.hpp"
#include "protocol/mqtt.hpp"
#include "protocol/nats.hpp"
#include "protocol/playing.hpp"

using namespace conecta::protocol;

TEST_CASE("memcached says its version, and is told goodbye") {
  auto const made = play(speak_memcached, {"VERSION 1.6.18\r\n"});
  CHECK(made.said == std::vector<std::string>{"version\r\n", "quit\r\n"});
  CHECK(made.end == ready());
  CHECK(verdict_on(speak_memcached, {"ERROR Too many open connections\r\n"}).reason == "saturated");
  CHECK(verdict_on(speak_memcached, {"SERVER_ERROR out of memory\r\n"}).is == standing::unready);
  CHECK(verdict_on(speak_memcached, {"CLIENT_ERROR unauthenticated\r\n"}).is == standing::denied);
  CHECK(verdict_on(speak_memcached, {"ERROR\r\n"}).is == standing::foreign);
}

TEST_CASE("NATS speaks first, and answers PING") {
  auto const made = play([] { return speak_nats({.user = "a\"b", .password = "p"}); },
                         {"INFO {\"auth_required\":true}\r\n", "PONG\r\n"});
  CHECK(
      made.said ==
      std::vector<std::string>{
          "",
          R"(CONNECT {"verbose":false,"pedantic":false,"lang":"conecta","user":"a\"b","pass":"p"})"
          "\r\nPING\r\n",
          ""});
  CHECK(made.end == ready());
}

TEST_CASE("NATS refuses by name") {
  auto const nats = [] { return speak_nats({}); };
  CHECK(verdict_on(nats, {"INFO {}\r\n", "-ERR 'Authorization Violation'\r\n"}).is ==
        standing::denied);
  CHECK(verdict_on(nats, {"-ERR 'maximum connections exceeded'\r\n"}).reason == "saturated");
  CHECK(verdict_on(nats, {"220 smtp\r\n"}).is == standing::foreign);
  auto const shallow = [] { return speak_nats({.asks = level::handshake}); };
  CHECK(verdict_on(shallow, {"INFO {\"auth_required\":true}\r\n"}) == ready());
}

TEST_CASE("MQTT connects with a clean session, and disconnects") {
  auto const made =
      play([] { return speak_mqtt({.user = "u", .password = "p"}); }, {bytes({0x20, 2, 0, 0})});
  CHECK(made.said == std::vector<std::string>{bytes({0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 4, 0xc2,
                                                     0,    10, 0, 0, 0,   1,   'u', 0,   1, 'p'}),
                                              bytes({0xe0, 0})});
  CHECK(made.end == ready());
}

TEST_CASE("a refusal of MQTT has a number") {
  auto const mqtt = [] { return speak_mqtt({}); };
  auto const answer = [](unsigned code) { return std::vector{bytes({0x20, 2, 0, code})}; };
  CHECK(verdict_on(mqtt, answer(1)).reason == "version");
  CHECK(verdict_on(mqtt, answer(3)).reason == "unavailable");
  CHECK(verdict_on(mqtt, answer(4)).is == standing::denied);
  CHECK(verdict_on(mqtt, answer(5)).is == standing::denied);
  CHECK(verdict_on(mqtt, answer(200)).is == standing::unready);
  CHECK(verdict_on(mqtt, {bytes({0x20, 3, 0, 0x84, 0})}).reason == "version"); // of MQTT 5
  CHECK(verdict_on(mqtt, {"HTTP/1.1 400\r\n"}).is == standing::foreign);
}
