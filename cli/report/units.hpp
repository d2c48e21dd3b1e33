#pragma once

// Figures as people read them: three digits that mean something and a unit. Plain ASCII, so that
// every terminal and log shows it. Pure; safe from any thread.

#include <conecta/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace conecta::report {

/// "850 ns", "1.20 ms", "12.0 s", "5m 03s"; "-" for nothing.
[[nodiscard]] std::string human_duration(std::optional<duration> value);

/// "1,234,567".
[[nodiscard]] std::string human_count(std::uint64_t value);

/// "12,345/s", "3.20/s"; "-" for nothing.
[[nodiscard]] std::string human_rate(std::optional<double> per_second);

/// "99.98 %", "100 %", "<0.01 %"; "-" for nothing.
[[nodiscard]] std::string human_percent(std::optional<double> ratio);

/// A plain number in at most six digits: "0.001", "16", "1.5e+07".
[[nodiscard]] std::string human_number(double value);

/// A plain number in as many digits as tell it from every other.
[[nodiscard]] std::string exact_number(double value);

} // namespace conecta::report
