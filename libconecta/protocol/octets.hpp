#pragma once

// Whole numbers as they stand in messages, and reading them with every length checked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::protocol {

enum class order : std::uint8_t { big, little };

/// The lowest `octets` bytes of it.
[[nodiscard]] inline std::string number(std::uint64_t value, unsigned octets, order which) {
  std::string out(octets, '\0');
  for (unsigned i = 0; i < octets; ++i) {
    auto const at = which == order::little ? i : octets - 1 - i;
    out[at] = static_cast<char>((value >> (8 * i)) & 0xffU);
  }
  return out;
}

/// From the front of a message; what is not there is absent, and so is all that would follow it.
class reader {
 public:
  explicit reader(std::string_view text) : rest_{text} {}

  [[nodiscard]] std::optional<std::uint64_t> number(unsigned octets, order which) {
    auto const text = bytes(octets);
    if (!text) {
      return std::nullopt;
    }
    std::uint64_t value = 0;
    for (unsigned i = 0; i < octets; ++i) {
      auto const at = which == order::little ? octets - 1 - i : i;
      value = (value << 8U) | static_cast<unsigned char>((*text)[at]);
    }
    return value;
  }
  [[nodiscard]] std::optional<std::string_view> bytes(std::size_t count) {
    if (count > rest_.size()) {
      rest_ = {};
      return std::nullopt;
    }
    auto const text = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return text;
  }
  /// Up to a NUL, which is passed over.
  [[nodiscard]] std::optional<std::string_view> text() {
    auto const end = rest_.find('\0');
    if (end == std::string_view::npos) {
      rest_ = {};
      return std::nullopt;
    }
    auto const text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

} // namespace conecta::protocol
