#include "protocol/dns.hpp"

#include "protocol/octets.hpp"
#include "protocol/playing.hpp"

using namespace conecta::protocol;

namespace {

constexpr std::uint16_t id = 0x1234;
std::string const question = bytes({7}) + "example" + bytes({4}) + "test" + bytes({0, 0, 1, 0, 1});

std::string asked() { return bytes({0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + question; }

std::string answer(unsigned flags, unsigned answers, unsigned of = id,
                   std::string const& about = question) {
  return number(of, 2, order::big) + number(flags, 2, order::big) + bytes({0, 1}) +
         number(answers, 2, order::big) + bytes({0, 0, 0, 0}) + about;
}

std::string with_length(std::string const& message) {
  return number(message.size(), 2, order::big) + message;
}

std::unique_ptr<conversation> asking(level asks, bool has_lengths) {
  return speak_dns(
      {.name = "example.test", .type = 1, .asks = asks, .has_lengths = has_lengths, .id = id});
}

/// Over UDP: one datagram after the other.
std::optional<verdict> told(level asks, std::vector<std::string> const& datagrams) {
  auto const talk = asking(asks, false);
  CHECK(talk->begin() == asked());
  std::optional<verdict> end;
  for (auto const& each : datagrams) {
    auto const made = talk->hear(each);
    end = made.end;
    CHECK((end || made.used == each.size()));
  }
  return end;
}

} // namespace

TEST_CASE("a name server is ready if it has the record, and says why if it has not") {
  CHECK(told(level::query, {answer(0x8180, 1)}) == ready());
  struct row {
    unsigned flags;
    char const* reason;
  };
  auto const [flags, reason] =
      GENERATE(row{0x8180, "no_record"}, row{0x8183, "no_name"}, row{0x8182, "failed"},
               row{0x8185, "refused"}, row{0x8184, "error"}, row{0x8380, "truncated"});
  auto const end = told(level::query, {answer(flags, 0)});
  REQUIRE(end);
  CHECK(end->is == standing::unready);
  CHECK(end->reason == reason);
  bool const fits = flags != 0x8380;
  CHECK((told(level::handshake, {answer(flags, 0)}) == ready()) == fits);
}

TEST_CASE("an answer to another question is passed over, and what is none is another protocol") {
  auto const other = answer(0x8180, 1, 0x4321);
  auto const about_another = answer(0x8180, 1, id, std::string(question.size(), 'x'));
  CHECK_FALSE(told(level::query, {other, about_another}).has_value());
  CHECK(told(level::query, {other, answer(0x8180, 1)}) == ready());
  for (std::string const& garbage : {std::string{"HTTP/1.1 400 Bad Request"}, std::string{"x"},
                                     asked()}) { // what was asked, sent back
    auto const end = told(level::query, {garbage});
    REQUIRE(end);
    CHECK(end->is == standing::foreign);
  }
}

TEST_CASE("over TCP a message has its length before it, and one answer is all") {
  auto const say = [](std::string const& heard) {
    return play([] { return asking(level::query, true); }, {with_length(heard)});
  };
  auto const good = say(answer(0x8380, 3)); // of truncation TCP knows nothing
  CHECK(good.end == ready());
  CHECK(good.said.at(0) == with_length(asked()));
  CHECK(say(answer(0x8180, 1, 0x4321)).end->is == standing::foreign);
}

TEST_CASE("what can be looked up is a name, and the root") {
  CHECK(is_dns_name(""));
  CHECK(is_dns_name("_sip._tcp.example.test"));
  CHECK(is_dns_name(std::string(63, 'a')));
  CHECK_FALSE(is_dns_name(std::string(64, 'a')));
  CHECK_FALSE(is_dns_name("a..b"));
  CHECK_FALSE(is_dns_name(".a"));
  std::string long_one = "a";
  for (int i = 0; i < 127; ++i) {
    long_one += ".a";
  }
  CHECK_FALSE(is_dns_name(long_one));
  CHECK(dns_type("AAAA") == 28);
  CHECK_FALSE(dns_type("aaaa").has_value());
}
