// PostgreSQL and MySQL, up to where a password would be asked for.

#include "protocol/mysql.hpp"
#include "protocol/octets.hpp"
#include "protocol/playing.hpp"
#include "protocol/postgres.hpp"

using namespace conecta::protocol;

namespace {

std::string message(char type, std::string const& body) {
  return type + number(body.size() + 4, 4, order::big) + body;
}
std::string refusal(std::string const& sqlstate) {
  return message('E', std::string{"SFATAL\0C", 8} + sqlstate + std::string{"\0Mwhy\0\0", 7});
}
auto const postgres = [] { return speak_postgres({.user = "anna", .database = "shop"}); };
auto const postgres_of_anybody = [] { return speak_postgres({}); };

std::string packet(unsigned sequence, std::string const& payload) {
  return number(payload.size(), 3, order::little) + number(sequence, 1, order::little) + payload;
}
std::string mysql_error(unsigned code) {
  return "\xff" + number(code, 2, order::little) + "#08004why";
}
std::string const greeting = packet(0, std::string{"\x0a"
                                                   "8.0.36\0",
                                                   8} +
                                           std::string(40, 'x'));
auto const mysql = [] { return speak_mysql(); };

} // namespace

TEST_CASE("a PostgreSQL that lets in is ready when it says so, and is told goodbye") {
  auto const authenticated = message('R', number(0, 4, order::big));
  auto const made =
      play(postgres, {authenticated + message('S', std::string{"a\0b\0", 4}) + message('Z', "I")});
  auto const body = number(3U << 16U, 4, order::big) +
                    std::string{"user\0anna\0database\0shop\0application_name\0conecta\0\0", 50};
  CHECK(made.said ==
        std::vector<std::string>{number(body.size() + 4, 4, order::big) + body, message('X', "")});
  CHECK(made.end == ready());
}

TEST_CASE("a PostgreSQL that asks for a password is up") {
  CHECK(verdict_on(postgres, {message('R', number(10, 4, order::big))}) == ready());
}

TEST_CASE("an SQLSTATE says why a PostgreSQL is not ready") {
  CHECK(verdict_on(postgres, {refusal("57P03")}) ==
        verdict{standing::unready, "starting", "57P03: why"});
  CHECK(verdict_on(postgres, {refusal("57P01")}).reason == "stopping");
  CHECK(verdict_on(postgres, {refusal("53300")}).reason == "saturated");
  CHECK(verdict_on(postgres, {refusal("XX000")}).reason == "error");
  CHECK(verdict_on(postgres, {refusal("28P01")}) == ready()); // of a handshake no more is asked
  CHECK(verdict_on(postgres_of_anybody, {refusal("3D000")}) == ready());
  CHECK(verdict_on(postgres, {refusal("3D000")}).reason == "no_database"); // it was asked for
  CHECK(verdict_on(postgres, {"Ecould not fork new process\n" + std::string(1, '\0')}) ==
        verdict{standing::unready, "error", "could not fork new process"});
  CHECK(judge_sqlstate("28000", "no").is == standing::denied);
  CHECK(judge_sqlstate("3D000", "no").reason == "no_database");
  // Full, but for a superuser: it is said after the password.
  auto const authenticated = message('R', number(0, 4, order::big));
  CHECK(verdict_on(postgres, {authenticated + refusal("53300")}).reason == "saturated");
}

TEST_CASE("what is no PostgreSQL is told apart, whatever length it declares") {
  CHECK(verdict_on(postgres, {"HTTP/1.1 400 Bad Request\r\n"}).is == standing::foreign);
  CHECK(verdict_on(postgres, {bytes({'R', 0x40, 0, 0, 0, 0})}).is == standing::foreign); // 1 GiB
  CHECK(verdict_on(postgres, {bytes({'R', 0, 0, 0, 1})}).is == standing::foreign);
  CHECK(verdict_on(postgres, {message('Z', "I")}).is == standing::foreign); // before it lets in
  CHECK(verdict_on(postgres, {message('R', number(77, 4, order::big))}).is == standing::foreign);
  CHECK(verdict_on(postgres, {"ERROR\r\n"}).is == standing::foreign);
}

TEST_CASE("a MySQL is answered, pinged where it lets in, and told goodbye") {
  auto const made = play(mysql, {greeting, packet(2, std::string{"\0\0\0\2\0\0\0", 7}),
                                 packet(1, std::string{"\0\0\0", 3})});
  REQUIRE(made.said.size() == 4);
  CHECK(made.said[0].empty());
  CHECK(made.said[1].substr(3, 1) == "\x01");
  CHECK(made.said[1].find("conecta") != std::string::npos);
  CHECK(made.said[2] == bytes({1, 0, 0, 0, 0x0e}));
  CHECK(made.said[3] == bytes({1, 0, 0, 0, 1}));
  CHECK(made.end == ready());
}

TEST_CASE("a MySQL that wants another proof is given an empty one, and may refuse it") {
  auto const made = play(mysql, {greeting,
                                 packet(2, std::string{"\xfe"
                                                       "caching\0",
                                                       9} +
                                               "salt"),
                                 packet(4, mysql_error(1045))});
  CHECK(made.said[2] == bytes({0, 0, 0, 3}));
  CHECK(made.end == ready());
}

TEST_CASE("an error of MySQL has a number") {
  CHECK(verdict_on(mysql, {packet(0, mysql_error(1040))}) ==
        verdict{standing::unready, "saturated", "1040: why"});
  CHECK(verdict_on(mysql, {packet(0, mysql_error(1129))}).reason == "blocked");
  CHECK(verdict_on(mysql, {packet(0, mysql_error(1130))}).is == standing::denied);
  CHECK(verdict_on(mysql, {greeting, packet(2, mysql_error(1203))}).reason == "saturated");
  CHECK(verdict_on(mysql, {packet(0, mysql_error(2000))}).reason == "error");
  CHECK(verdict_on(mysql, {greeting, packet(2, mysql_error(3159))}) == ready()); // it wants TLS
}

TEST_CASE("what is no MySQL is told apart, whatever length it declares") {
  CHECK(verdict_on(mysql, {"220 mail.example ESMTP\r\n"}).is == standing::foreign);
  CHECK(verdict_on(mysql, {bytes({0xff, 0xff, 0xff, 0})}).is == standing::foreign);
  CHECK(verdict_on(mysql, {bytes({0, 0, 0, 0})}).is == standing::foreign);
}
