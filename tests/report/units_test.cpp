#include "report/units.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::report;
using namespace std::chrono_literals;

TEST_CASE("durations_have_three_digits_and_a_unit") {
  std::pair<duration, char const*> const table[] = {
      {0ns, "0 ns"},        {850ns, "850 ns"},     {999ns, "999 ns"},      {1us, "1.00 us"},
      {12345ns, "12.3 us"}, {999'499ns, "999 us"}, {999'500ns, "1.00 ms"}, {9'995us, "10.0 ms"},
      {40ms, "40.0 ms"},    {1s, "1.00 s"},        {61s, "61.0 s"},        {119'900ms, "120 s"},
      {2min, "2m 00s"},     {303s, "5m 03s"},      {1h, "60m 00s"},        {-5ms, "-5.00 ms"}};
  for (auto const& [value, text] : table) {
    CHECK(human_duration(value) == text);
  }
  CHECK(human_duration(std::nullopt) == "-");
}

TEST_CASE("counts_have_separators") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(999) == "999");
  CHECK(human_count(1000) == "1,000");
  CHECK(human_count(1234567) == "1,234,567");
}

TEST_CASE("rates_keep_three_digits_below_a_hundred") {
  CHECK(human_rate(0.0) == "0/s");
  CHECK(human_rate(3.2) == "3.20/s");
  CHECK(human_rate(99.94) == "99.9/s");
  CHECK(human_rate(99.96) == "100/s");
  CHECK(human_rate(12345.6) == "12,346/s");
  CHECK(human_rate(std::nullopt) == "-");
}

TEST_CASE("neither_something_nor_almost_all_is_rounded_away") {
  CHECK(human_percent(0.0) == "0 %");
  CHECK(human_percent(1.0) == "100 %");
  CHECK(human_percent(0.00001) == "<0.01 %");
  CHECK(human_percent(0.99999) == ">99.99 %");
  CHECK(human_percent(0.9999) == "99.99 %");
  CHECK(human_percent(0.123) == "12.3 %");
  CHECK(human_percent(std::nullopt) == "-");
}
