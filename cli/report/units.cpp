#include "report/units.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace conecta::report {

namespace {

std::string formatted(char const* format, double value) {
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), format, value);
  return out.data();
}

// The bounds are where rounding would give a fourth digit.
std::string three_digits(double value) {
  auto const size = std::abs(value);
  if (size < 9.995) {
    return formatted("%.2f", value);
  }
  return formatted(size < 99.95 ? "%.1f" : "%.0f", value);
}

std::string minutes(duration value) {
  auto const seconds = std::chrono::round<std::chrono::seconds>(value).count();
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), "%lldm %02llds", static_cast<long long>(seconds / 60),
                static_cast<long long>(seconds % 60));
  return out.data();
}

} // namespace

std::string human_duration(std::optional<duration> value) {
  if (!value) {
    return "-";
  }
  auto const ticks = static_cast<double>(value->count());
  auto const size = std::abs(ticks);
  if (size < 1000) {
    return std::to_string(value->count()) + " ns";
  }
  if (size < 999.5e3) {
    return three_digits(ticks / 1e3) + " us";
  }
  if (size < 999.5e6) {
    return three_digits(ticks / 1e6) + " ms";
  }
  if (size < 119.95e9) {
    return three_digits(ticks / 1e9) + " s";
  }
  return minutes(*value);
}

std::string human_count(std::uint64_t value) {
  auto out = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) {
    out.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return out;
}

std::string human_rate(std::optional<double> per_second) {
  if (!per_second) {
    return "-";
  }
  if (*per_second == 0) {
    return "0/s";
  }
  if (*per_second < 99.95) {
    return three_digits(*per_second) + "/s";
  }
  return human_count(static_cast<std::uint64_t>(std::llround(*per_second))) + "/s";
}

std::string human_percent(std::optional<double> ratio) {
  if (!ratio) {
    return "-";
  }
  auto const percent = *ratio * 100;
  if (percent == 0 || percent == 100) {
    return formatted("%.0f %%", percent);
  }
  // Neither nothing nor everything may be rounded to.
  if (percent > 0 && percent < 0.01) {
    return "<0.01 %";
  }
  if (percent > 99.99 && percent < 100) {
    return ">99.99 %";
  }
  return three_digits(percent) == "100" ? formatted("%.2f %%", percent)
                                        : three_digits(percent) + " %";
}

std::string human_number(double value) { return formatted("%.6g", value); }

std::string exact_number(double value) { return formatted("%.17g", value); }

} // namespace conecta::report
