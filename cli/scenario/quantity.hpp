#pragma once

// Durations, sizes and rates as text: "250ms", "1.5s", "64KiB", "500/s". Reading is exact: what
// does not come out as whole nanoseconds or bytes, or does not fit, is refused with the reason.

#include <conecta/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace conecta::scenario {

/// Why a text is no quantity, ready to follow "found ...": "a duration needs a unit: ...".
struct not_a_quantity {
  std::string reason;
};

/// A number and one of ns us ms s m h, never negative.
[[nodiscard]] std::variant<duration, not_a_quantity> parse_duration(std::string_view text);

/// A number and one of B KiB MiB GiB.
[[nodiscard]] std::variant<std::uint64_t, not_a_quantity> parse_size(std::string_view text);

/// A number and "/s", never negative: "500/s", "0.5/s".
[[nodiscard]] std::variant<double, not_a_quantity> parse_per_second(std::string_view text);

/// The shortest text without a fraction that parse_duration reads back: "1500ms".
[[nodiscard]] std::string format_duration(duration value);

/// Bytes a second, such as "64KiB/s"; nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_byte_rate(std::string_view text);

/// The shortest text without a fraction that parse_size reads back: "64KiB".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

} // namespace conecta::scenario
