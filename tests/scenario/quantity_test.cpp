#include "scenario/quantity.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::scenario;
using namespace std::chrono_literals;

namespace {

duration duration_of(std::string_view text) {
  auto const parsed = parse_duration(text);
  REQUIRE(std::holds_alternative<duration>(parsed));
  return std::get<duration>(parsed);
}

std::string refused_duration(std::string_view text) {
  auto const parsed = parse_duration(text);
  REQUIRE(std::holds_alternative<not_a_quantity>(parsed));
  return std::get<not_a_quantity>(parsed).reason;
}

} // namespace

TEST_CASE("a duration is a number and a unit") {
  CHECK(duration_of("0s") == 0ns);
  CHECK(duration_of("7ns") == 7ns);
  CHECK(duration_of("250us") == 250us);
  CHECK(duration_of("250ms") == 250ms);
  CHECK(duration_of("2s") == 2s);
  CHECK(duration_of("5m") == 5min);
  CHECK(duration_of("3h") == 3h);
}

TEST_CASE("a fraction is exact or refused") {
  CHECK(duration_of("0.5ms") == 500us);
  CHECK(duration_of("1.000000001s") == 1s + 1ns);
  CHECK(duration_of("0.1h") == 6min);
  CHECK(duration_of("1.50s") == 1500ms);
  CHECK(duration_of("0.000000000000h") == 0ns);
  CHECK(refused_duration("0.1ns") == "a duration is a whole multiple of 1ns");
  CHECK(refused_duration("0.0000000001s") == "a duration is a whole multiple of 1ns");
  CHECK(refused_duration("0.3333333333333333333333h") == "a duration is a whole multiple of 1ns");
}

TEST_CASE("a duration that does not fit is refused") {
  CHECK(duration_of("2562047h") == 2562047h);
  CHECK(duration_of("9223372036854775807ns") == duration::max());
  CHECK(refused_duration("9223372036854775808ns") == "a duration this large does not fit");
  CHECK(refused_duration("2562048h") == "a duration this large does not fit");
  CHECK(refused_duration("99999999999999999999999999h") == "a duration this large does not fit");
}

TEST_CASE("what is no duration is told apart") {
  CHECK(refused_duration("-1s") == "a duration is not negative");
  CHECK(refused_duration("5") == "a duration needs a unit (ns us ms s m h), such as \"250ms\"");
  CHECK(refused_duration("5 s") == "the unit of a duration is one of ns us ms s m h");
  CHECK(refused_duration("1d") == "the unit of a duration is one of ns us ms s m h");
  CHECK(refused_duration("1m30s") == "the unit of a duration is one of ns us ms s m h");
  CHECK(refused_duration("1e3ms") == "the unit of a duration is one of ns us ms s m h");
  for (std::string_view const text : {"", "s", ".5s", "1.s", "1.", "+1s", "nan", "inf"}) {
    CAPTURE(text);
    CHECK(refused_duration(text) == "a duration is a number and a unit, such as \"250ms\"");
  }
}

TEST_CASE("a duration is written without a fraction in the largest unit that holds it") {
  CHECK(format_duration(0ns) == "0s");
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(120s) == "2m");
  CHECK(format_duration(1ns) == "1ns");
  CHECK(format_duration(duration::max()) == "9223372036854775807ns");
}

TEST_CASE("a size counts in powers of 1024") {
  auto const bytes = [](std::string_view text) {
    return std::get<std::uint64_t>(parse_size(text));
  };
  CHECK(bytes("0B") == 0);
  CHECK(bytes("64KiB") == 65536);
  CHECK(bytes("1.5MiB") == 1572864);
  CHECK(bytes("1GiB") == 1073741824);
  CHECK(std::get<not_a_quantity>(parse_size("64KB")).reason ==
        "the unit of a size is one of B KiB MiB GiB");
  CHECK(std::get<not_a_quantity>(parse_size("0.3B")).reason == "a size is a whole multiple of 1B");
  CHECK(format_size(65536) == "64KiB");
  CHECK(format_size(1000) == "1000B");
}
