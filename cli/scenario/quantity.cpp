#include "scenario/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <optional>
#include <span>

namespace conecta::scenario {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array duration_units{unit{"ns", 1},
                                    unit{"us", 1'000},
                                    unit{"ms", 1'000'000},
                                    unit{"s", 1'000'000'000},
                                    unit{"m", 60'000'000'000},
                                    unit{"h", 3'600'000'000'000}};
constexpr std::array size_units{unit{"B", 1}, unit{"KiB", 1U << 10}, unit{"MiB", 1U << 20},
                                unit{"GiB", 1U << 30}};

constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

struct scaled {
  enum class outcome { exact, too_fine, too_large } result;
  std::uint64_t value = 0;
};

// digits[.fraction] * factor in integers. Each digit of the fraction divides the factor by ten;
// what is left over must be nothing.
scaled multiply(std::string_view digits, std::string_view fraction, std::uint64_t factor) {
  using enum scaled::outcome;
  std::uint64_t whole = 0;
  for (char const letter : digits) {
    auto const digit = static_cast<std::uint64_t>(letter - '0');
    if (whole > (largest - digit) / 10) {
      return {too_large};
    }
    whole = whole * 10 + digit;
  }
  if (whole > largest / factor) {
    return {too_large};
  }
  std::uint64_t total = whole * factor;
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (fraction.size() > 18) {
    return {too_fine};
  }
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  for (char const letter : fraction) {
    numerator = numerator * 10 + static_cast<std::uint64_t>(letter - '0');
    denominator *= 10;
  }
  // Both are multiples of powers of two and five: reduce first, so that the product fits.
  for (std::uint64_t const prime : {2U, 5U}) {
    while (denominator % prime == 0 && (numerator % prime == 0 || factor % prime == 0)) {
      if (numerator % prime == 0) {
        numerator /= prime;
      } else {
        factor /= prime;
      }
      denominator /= prime;
    }
  }
  if (denominator != 1) {
    return {too_fine};
  }
  if (numerator != 0 && factor > (largest - total) / numerator) {
    return {too_large};
  }
  return {exact, total + numerator * factor};
}

struct vocabulary {
  std::string_view noun;
  std::string_view names;
  std::string_view smallest;
  std::string_view example;
  std::span<unit const> units;
};
constexpr vocabulary duration_words{"a duration", "ns us ms s m h", "1ns", "\"250ms\"",
                                    duration_units};
constexpr vocabulary size_words{"a size", "B KiB MiB GiB", "1B", "\"64KiB\"", size_units};

std::variant<std::uint64_t, not_a_quantity> parse(std::string_view text, vocabulary const& words) {
  std::string const noun{words.noun};
  std::string const example{words.example};
  if (text.starts_with('-')) {
    return not_a_quantity{noun + " is not negative"};
  }
  auto const digits_end = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view const digits{text.begin(), digits_end};
  std::string_view rest{digits_end, text.end()};
  std::string_view fraction;
  bool well_formed = !digits.empty();
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    auto const fraction_end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    fraction = {rest.begin(), fraction_end};
    rest = {fraction_end, rest.end()};
    well_formed = well_formed && !fraction.empty();
  }
  if (!well_formed) {
    return not_a_quantity{noun + " is a number and a unit, such as " + example};
  }
  if (rest.empty()) {
    return not_a_quantity{noun + " needs a unit (" + std::string{words.names} + "), such as " +
                          example};
  }
  auto const found = std::find_if(words.units.begin(), words.units.end(),
                                  [&](unit const& each) { return each.name == rest; });
  if (found == words.units.end()) {
    return not_a_quantity{"the unit of " + noun + " is one of " + std::string{words.names}};
  }
  scaled const result = multiply(digits, fraction, found->factor);
  switch (result.result) {
  case scaled::outcome::exact:
    return result.value;
  case scaled::outcome::too_fine:
    return not_a_quantity{noun + " is a whole multiple of " + std::string{words.smallest}};
  case scaled::outcome::too_large:
    return not_a_quantity{noun + " this large does not fit"};
  }
  return not_a_quantity{noun + " is a number and a unit"};
}

std::string format(std::uint64_t value, std::span<unit const> units, std::string_view zero) {
  if (value == 0) {
    return std::string{zero};
  }
  auto const best = std::find_if(units.rbegin(), units.rend(),
                                 [&](unit const& each) { return value % each.factor == 0; });
  return std::to_string(value / best->factor) + std::string{best->name};
}

} // namespace

std::variant<duration, not_a_quantity> parse_duration(std::string_view text) {
  auto parsed = parse(text, duration_words);
  if (auto* refused = std::get_if<not_a_quantity>(&parsed)) {
    return std::move(*refused);
  }
  return duration{static_cast<std::int64_t>(std::get<std::uint64_t>(parsed))};
}

std::variant<std::uint64_t, not_a_quantity> parse_size(std::string_view text) {
  return parse(text, size_words);
}

std::variant<double, not_a_quantity> parse_per_second(std::string_view text) {
  if (text.starts_with('-')) {
    return not_a_quantity{"a rate is not negative"};
  }
  std::string_view number = text;
  if (!number.ends_with("/s")) {
    return not_a_quantity{"a rate is a number and \"/s\", such as \"500/s\""};
  }
  number.remove_suffix(2);
  auto const plain = std::all_of(number.begin(), number.end(),
                                 [](char letter) { return is_digit(letter) || letter == '.'; });
  double value = 0;
  auto const [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value,
                                              std::chars_format::fixed);
  if (!plain || number.empty() || !is_digit(number.front()) || !is_digit(number.back()) ||
      problem != std::errc{} || end != number.data() + number.size()) {
    return not_a_quantity{"a rate is a number and \"/s\", such as \"500/s\""};
  }
  return value;
}

std::string format_duration(duration value) {
  return format(static_cast<std::uint64_t>(value.count()), duration_units, "0s");
}

std::optional<std::uint64_t> parse_byte_rate(std::string_view text) {
  if (!text.ends_with("/s")) {
    return std::nullopt;
  }
  auto const parsed = parse_size(text.substr(0, text.size() - 2));
  auto const* const bytes = std::get_if<std::uint64_t>(&parsed);
  return bytes != nullptr ? std::optional{*bytes} : std::nullopt;
}

std::string format_size(std::uint64_t bytes) { return format(bytes, size_units, "0B"); }

} // namespace conecta::scenario
