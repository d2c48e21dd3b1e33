#include "base/base64.hpp"

#include <cstdint>

namespace conecta {

namespace {
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto const group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      bits = bits << 8U | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0U);
    }
    for (std::size_t index = 0; index < 4; ++index) {
      auto const letter = alphabet[(bits >> (18 - 6 * index)) & 63U];
      out += index <= group.size() ? letter : '=';
    }
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  auto letters = text.size();
  while (letters > 0 && text.size() - letters < 2 && text[letters - 1] == '=') {
    --letters;
  }
  std::string out;
  out.reserve(letters / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (auto const letter : text.substr(0, letters)) {
    auto const value = alphabet.find(letter);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 0xFFU);
    }
  }
  if ((bits & ((1U << held) - 1U)) != 0) {
    return std::nullopt;
  }
  return out;
}

} // namespace conecta
