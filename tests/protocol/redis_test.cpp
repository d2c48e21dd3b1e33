#include "protocol/redis.hpp"

#include "protocol/playing.hpp"

using namespace conecta::protocol;

namespace {

verdict redis_says(std::vector<std::string> const& answers, redis_options const& options = {}) {
  return verdict_on([&] { return speak_redis(options); }, answers);
}

constexpr auto ping = "*1\r\n$4\r\nPING\r\n";

} // namespace

TEST_CASE("a Redis that answers PING is ready") {
  auto const made = play([] { return speak_redis({}); }, {"+PONG\r\n"});
  CHECK(made.said == std::vector<std::string>{ping, ""});
  CHECK(made.end == ready());
}

TEST_CASE("credentials, the database and the role come in this order") {
  redis_options options{.user = "anna", .password = "s3cret", .database = 2};
  options.wanted = redis_options::role::primary;
  auto const made = play([&] { return speak_redis(options); },
                         {"+OK\r\n", "+OK\r\n", "+PONG\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"});
  CHECK(made.said == std::vector<std::string>{"*3\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$6\r\ns3cret\r\n",
                                              "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n", ping,
                                              "*1\r\n$4\r\nROLE\r\n", ""});
  CHECK(made.end == ready());
}

TEST_CASE("an error of Redis says why it is not ready") {
  struct row {
    char const* error;
    standing is;
    char const* reason;
  };
  auto const [error, is, reason] =
      GENERATE(row{"LOADING Redis is loading the dataset in memory", standing::unready, "loading"},
               row{"MASTERDOWN Link with MASTER is down", standing::unready, "master_down"},
               row{"ERR max number of clients reached", standing::unready, "saturated"},
               row{"NOAUTH Authentication required.", standing::denied, "denied"},
               row{"WRONGPASS invalid username-password pair", standing::denied, "denied"},
               row{"DENIED Redis is running in protected mode", standing::denied, "denied"},
               row{"ERR unknown command", standing::unready, "error"});
  CHECK(redis_says({"-" + std::string{error} + "\r\n"}) == verdict{is, reason, error});
}

TEST_CASE("who asks for no more than a handshake needs no password") {
  redis_options options{.password = "not sent"};
  options.asks = level::handshake;
  auto const made =
      play([&] { return speak_redis(options); }, {"-NOAUTH Authentication required.\r\n"});
  CHECK(made.said.front() == ping);
  CHECK(made.end == ready());
}

TEST_CASE("another role than the one that is wanted is not ready") {
  redis_options options;
  options.wanted = redis_options::role::primary;
  CHECK(redis_says({"+PONG\r\n", "*5\r\n$5\r\nslave\r\n"}, options).reason == "role");
  options.wanted = redis_options::role::replica;
  CHECK(redis_says({"+PONG\r\n", "*5\r\n$5\r\nslave\r\n"}, options) == ready());
  CHECK(redis_says({"+PONG\r\n", "*5\r\n$9\r\nslave\r\n"}, options).is == standing::foreign);
}

TEST_CASE("what is no Redis is told apart from one that is not ready") {
  for (std::string const answer :
       {"HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-x\r\n", "+NO\r\n", ":1\r\n"}) {
    CHECK(redis_says({answer}).is == standing::foreign);
  }
}
