#include "scenario/environment.hpp"
#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

std::string expanded(std::string_view text) {
  auto const result = expand(text, environment_of({{"HOST", "db"}, {"EMPTY", ""}}));
  auto const* const failed = std::get_if<not_expanded>(&result);
  return failed != nullptr ? "refused: " + failed->reason : std::get<std::string>(result);
}

} // namespace

TEST_CASE("variables are expanded, with their defaults") {
  CHECK(expanded("tcp://${HOST}:1") == "tcp://db:1");
  CHECK(expanded("${HOST:-x}${NOPE:-y}${NOPE:-}") == "dby");
  CHECK(expanded("[${EMPTY}]") == "[]");
  CHECK(expanded("[${EMPTY:-full}]") == "[full]");
  CHECK(expanded("${NOPE:-a:-b}") == "a:-b");
}

TEST_CASE("a dollar that begins no variable is itself") {
  CHECK(expanded("$5 $ $$ $HOST") == "$5 $ $$ $HOST");
  CHECK(expanded("$${HOST}") == "${HOST}");
  CHECK(expanded("$$${HOST}") == "$${HOST}");
}

TEST_CASE("a variable that is not set, or no variable, is refused") {
  CHECK(expanded("${NOPE}") ==
        "refused: the environment has no NOPE; set it, or give a default: ${NOPE:-...}");
  CHECK(expanded("${HOST") == "refused: ${ without its }; a literal ${ is written $${");
  CHECK(expanded("${}") == "refused: \"${}\" names no variable; a literal ${ is written $${");
  CHECK(expanded("${1X}") == "refused: \"${1X}\" names no variable; a literal ${ is written $${");
}
