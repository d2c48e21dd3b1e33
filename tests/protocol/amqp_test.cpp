#include "protocol/amqp.hpp"

#include "protocol/octets.hpp"
#include "protocol/playing.hpp"

using namespace conecta::protocol;

namespace {

std::string frame(unsigned method, std::string const& arguments) {
  auto const payload = number(10, 2, order::big) + number(method, 2, order::big) + arguments;
  return bytes({1, 0, 0}) + number(payload.size(), 4, order::big) + payload + "\xce";
}

std::string start_with(std::string const& mechanisms) {
  return frame(10, bytes({0, 9, 0, 0, 0, 1}) + "p" + number(mechanisms.size(), 4, order::big) +
                       mechanisms + number(5, 4, order::big) + "en_US");
}
std::string const start = start_with("AMQPLAIN PLAIN");
std::string closing(unsigned code, std::string const& text) {
  return frame(50, number(code, 2, order::big) + number(text.size(), 1, order::big) + text +
                       bytes({0, 0, 0, 0}));
}

amqp_options const guest{
    .user = "guest", .password = "pw", .virtual_host = "v", .asks = level::query};

} // namespace

TEST_CASE("a broker that begins is ready for who asks no more") {
  auto const made = play([] { return speak_amqp({}); }, {start});
  CHECK(made.said == std::vector<std::string>{bytes({'A', 'M', 'Q', 'P', 0, 0, 9, 1}), ""});
  CHECK(made.end == ready());
}

TEST_CASE("credentials open the virtual host, which is closed again") {
  auto const made =
      play([] { return speak_amqp(guest); },
           {start, frame(30, bytes({0, 5, 0, 0, 0x20, 0, 0, 60})), frame(41, bytes({0}))});
  REQUIRE(made.said.size() == 4);
  CHECK(made.said[1].find(bytes({0, 'g', 'u', 'e', 's', 't', 0, 'p', 'w'})) != std::string::npos);
  CHECK(made.said[2] ==
        frame(31, bytes({0, 5, 0, 0, 0x20, 0, 0, 0})) + frame(40, bytes({1, 'v', 0, 0})));
  CHECK(made.said[3] == closing(200, "bye"));
  CHECK(made.end == ready());
}

TEST_CASE("a broker that closes says why") {
  auto const amqp = [] { return speak_amqp(guest); };
  CHECK(verdict_on(amqp, {start, closing(403, "ACCESS_REFUSED")}).is == standing::denied);
  CHECK(verdict_on(amqp, {start, closing(530, "NOT_ALLOWED - connection limit")}).reason ==
        "saturated");
  CHECK(verdict_on(amqp, {start, closing(320, "CONNECTION_FORCED")}) ==
        verdict{standing::unready, "error", "320: CONNECTION_FORCED"});
}

TEST_CASE("no password is sent to a broker that takes none") {
  auto const made = play([] { return speak_amqp(guest); }, {start_with("EXTERNAL")});
  CHECK(made.end.value().reason == "mechanism");
  CHECK(made.said.back().empty());
}

TEST_CASE("what is no broker is told apart, whatever length it declares") {
  auto const amqp = [] { return speak_amqp({}); };
  CHECK(verdict_on(amqp, {"HTTP/1.1 400\r\n"}).is == standing::foreign);
  CHECK(verdict_on(amqp, {bytes({'A', 'M', 'Q', 'P', 3, 1, 0, 0})}).reason == "version");
  CHECK(verdict_on(amqp, {bytes({1, 0, 0, 0x40, 0, 0, 0})}).is == standing::foreign);
  CHECK(verdict_on(amqp, {bytes({1, 0, 0, 0, 0, 0, 1, 0, 0xcd})}).is == standing::foreign);
}
