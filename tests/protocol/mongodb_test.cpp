#include "protocol/mongodb.hpp"

#include "protocol/introduction.hpp"
#include "protocol/octets.hpp"
#include "protocol/playing.hpp"

using namespace conecta::protocol;

namespace {

std::string little(std::uint64_t value) { return number(value, 4, order::little); }

std::string element(unsigned type, std::string const& name, std::string const& value) {
  return bytes({type}) + name + '\0' + value;
}
std::string boolean(std::string const& name, bool value) {
  return element(0x08, name, bytes({value ? 1U : 0U}));
}
std::string text(std::string const& name, std::string const& value) {
  return element(0x02, name, little(value.size() + 1) + value + '\0');
}
std::string const ok = element(0x01, "ok", bytes({0, 0, 0, 0, 0, 0, 0xf0, 0x3f})); // 1.0
std::string const not_ok = element(0x01, "ok", std::string(8, '\0'));

std::string document(std::string const& elements) {
  return little(elements.size() + 5) + elements + '\0';
}
std::string reply(std::string const& elements, std::uint64_t to = 1, std::uint64_t code = 2013) {
  auto const body = little(0) + '\0' + document(elements);
  return little(16 + body.size()) + little(77) + little(to) + little(code) + body;
}
std::string refusal(unsigned code, std::string const& why) {
  return reply(not_ok + text("errmsg", why) + element(0x10, "code", little(code)));
}

std::string const alone = reply(boolean("isWritablePrimary", true) + ok);
std::string const second =
    reply(boolean("isWritablePrimary", false) + boolean("secondary", true) + ok);

auto wanting(mongodb_options::role which) {
  return [which] { return speak_mongodb({.wanted = which}); };
}
auto const any = wanting(mongodb_options::role::any);

} // namespace

TEST_CASE("MongoDB is asked hello, and says what it is") {
  auto const made = play(any, {alone});
  CHECK(made.said == std::vector<std::string>{bytes({52, 0, 0, 0, 1, 0, 0, 0, 0,  0, 0, 0, 0xdd,
                                                     7,  0, 0, 0, 0, 0, 0, 0, 31, 0, 0, 0, 0x10}) +
                                                  "hello" + bytes({0, 1, 0, 0, 0, 2}) + "$db" +
                                                  bytes({0, 6, 0, 0, 0}) + "admin" + bytes({0, 0}),
                                              ""});
  CHECK(made.end == ready());
  CHECK(verdict_on(any, {second}) == ready());
  CHECK(verdict_on(any, {reply(ok)}).reason == "recovering");
  CHECK(verdict_on(any, {reply(boolean("arbiterOnly", true) + ok)}).reason == "role");
}

TEST_CASE("a member of a replica set can be asked for by its role") {
  auto const primary = wanting(mongodb_options::role::primary);
  auto const secondary = wanting(mongodb_options::role::secondary);
  CHECK(verdict_on(primary, {alone}) == ready());
  CHECK(verdict_on(primary, {second}).reason == "role");
  CHECK(verdict_on(secondary, {second}) == ready());
  CHECK(verdict_on(secondary, {alone}).reason == "role");
}

TEST_CASE("values of every type are passed over") {
  auto const eight = std::string(8, '\1');
  std::string const all =
      element(0x03, "topologyVersion", document(boolean("isWritablePrimary", false))) +
      element(0x04, "hosts", document(text("0", "a:1"))) +
      element(0x05, "binary", little(2) + bytes({0, 1, 2})) + element(0x06, "undefined", "") +
      element(0x07, "id", std::string(12, '\1')) + element(0x09, "localTime", eight) +
      element(0x0a, "null", "") + element(0x0b, "pattern", bytes({'a', 0, 'i', 0})) +
      element(0x0c, "pointer", little(2) + bytes({'c', 0}) + std::string(12, '\1')) +
      element(0x0d, "code", little(2) + bytes({'c', 0})) +
      element(0x0e, "symbol", little(2) + bytes({'s', 0})) +
      element(0x0f, "scoped", little(4 + 6 + 5) + little(2) + bytes({'c', 0}) + document("")) +
      element(0x11, "timestamp", eight) + element(0x12, "int64", eight) +
      element(0x13, "decimal", eight + eight) + element(0x7f, "max", "") + element(0xff, "min", "");
  CHECK(verdict_on(any, {reply(all + boolean("isWritablePrimary", true) + ok)}) == ready());
}

TEST_CASE("a refusal of MongoDB has a number") {
  CHECK(verdict_on(any, {refusal(18, "no")}) == denied("18: no"));
  CHECK(verdict_on(any, {refusal(91, "bye")}).reason == "stopping");
  CHECK(verdict_on(any, {refusal(59, "no such command: 'hello'")}).reason == "version");
  CHECK(verdict_on(any, {refusal(1, "x")}) == unready("error", "1: x"));
}

TEST_CASE("what is no reply to hello is foreign") {
  for (auto const& other : {
           std::string{"HTTP/1.1 400 Bad Request\r\n\r\n"},
           reply(ok, 2),       // to another request
           reply(ok, 1, 2012), // compressed, unasked
           bytes({15, 0, 0, 0}),
           bytes({0xff, 0xff, 0xff, 0x7f}),
           reply(element(0x02, "errmsg", bytes({0xff, 0xff, 0xff, 0xff}))),
           reply(element(0x02, "errmsg", little(0))), // has not even its NUL
           reply(element(0x03, "hosts", little(3))),
           reply(element(0x42, "unknown", "")),
       }) {
    CAPTURE(other);
    CHECK(verdict_on(any, {other}).is == standing::foreign);
  }
  auto without_an_end = reply(ok);
  without_an_end.back() = '\x0a';
  CHECK(verdict_on(any, {without_an_end}).is == standing::foreign);
}

TEST_CASE("what a client library found of MongoDB is judged as its hello is") {
  using enum mongodb_standing;
  using role = mongodb_options::role;
  CHECK(judge_mongodb_standing(primary, role::any) == ready());
  CHECK(judge_mongodb_standing(secondary, role::secondary) == ready());
  CHECK(judge_mongodb_standing(secondary, role::primary).reason == "role");
  CHECK(judge_mongodb_standing(primary, role::secondary).reason == "role");
  CHECK(judge_mongodb_standing(arbiter, role::any).reason == "role");
  CHECK(judge_mongodb_standing(none, role::any).reason == "recovering");
}

TEST_CASE("a user of MongoDB has a database and a password, and nobody else has") {
  auto const asked = [](std::string const& url, std::optional<level> asks = {}) {
    return introduce(conecta::net::parse_url(url).value(), {.asks = asks}).has_value();
  };
  CHECK(asked("mongodb://anna:secret@h/shop?role=primary"));
  CHECK(asked("mongodb://h?role=secondary"));
  CHECK_FALSE(asked("mongodb://:secret@h"));
  CHECK_FALSE(asked("mongodb://h/shop"));
  CHECK_FALSE(asked("mongodb://h?role=arbiter"));
  CHECK_FALSE(asked("mongodb://anna@h?role=primary", level::auth));
}
