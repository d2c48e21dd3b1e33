#include "report/safe_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>

namespace conecta::report {

namespace {

struct code_range {
  std::uint32_t first;
  std::uint32_t last;
};

// Characters that reorder their neighbours, take no room, or end a line.
constexpr std::array hidden_ranges = {
    code_range{0x0000, 0x001F}, code_range{0x007F, 0x009F},   code_range{0x00AD, 0x00AD},
    code_range{0x061C, 0x061C}, code_range{0x180E, 0x180E},   code_range{0x200B, 0x200F},
    code_range{0x2028, 0x202E}, code_range{0x2060, 0x206F},   code_range{0xFEFF, 0xFEFF},
    code_range{0xFFF0, 0xFFFB}, code_range{0xE0000, 0xE0FFF},
};

constexpr std::array combining_ranges = {code_range{0x0300, 0x036F}, code_range{0x1AB0, 0x1AFF},
                                         code_range{0x20D0, 0x20FF}, code_range{0xFE00, 0xFE0F},
                                         code_range{0xFE20, 0xFE2F}};

constexpr std::array wide_ranges = {
    code_range{0x1100, 0x115F}, code_range{0x2E80, 0xA4CF},   code_range{0xAC00, 0xD7A3},
    code_range{0xF900, 0xFAFF}, code_range{0xFE30, 0xFE6F},   code_range{0xFF00, 0xFF60},
    code_range{0xFFE0, 0xFFE6}, code_range{0x1F300, 0x1FAFF}, code_range{0x20000, 0x3FFFD}};

bool within(std::span<code_range const> ranges, std::uint32_t code) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [code](code_range const& range) {
    return range.first <= code && code <= range.last;
  });
}

struct character {
  std::uint32_t code = 0;
  std::size_t bytes = 0; ///< 0: the text does not begin with a character of UTF-8
};

// Shortest forms only, no surrogates, nothing above U+10FFFF.
character first_character(std::string_view text) noexcept {
  auto const byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  auto const lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  auto const bytes = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) {
    return {};
  }
  auto code = static_cast<std::uint32_t>(lead & (0x7FU >> bytes));
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80U) {
      return {};
    }
    code = code << 6U | (byte(at) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[bytes] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
    return {};
  }
  return {code, bytes};
}

std::string escaped(std::uint32_t code) {
  switch (code) {
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  }
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), code < 0x80 ? "\\x%02x" : "\\u{%x}",
                static_cast<unsigned>(code));
  return out.data();
}

std::string escaped_byte(char byte) {
  std::array<char, 8> out{};
  std::snprintf(out.data(), out.size(), "\\x%02x",
                static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return out.data();
}

std::size_t columns_of_code(std::uint32_t code) noexcept {
  return within(combining_ranges, code) ? 0 : within(wide_ranges, code) ? 2 : 1;
}

} // namespace

std::string safe_text(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    auto const next = first_character(raw);
    if (next.bytes == 0) {
      out += escaped_byte(raw.front());
      raw.remove_prefix(1);
      continue;
    }
    if (within(hidden_ranges, next.code)) {
      out += escaped(next.code);
    } else {
      out += raw.substr(0, next.bytes);
    }
    raw.remove_prefix(next.bytes);
  }
  return out;
}

std::size_t columns_of(std::string_view safe) noexcept {
  std::size_t columns = 0;
  while (!safe.empty()) {
    auto const next = first_character(safe);
    columns += next.bytes == 0 ? 1 : columns_of_code(next.code);
    safe.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return columns;
}

std::string fitted(std::string_view safe, std::size_t columns) {
  if (columns_of(safe) <= columns) {
    return std::string{safe};
  }
  constexpr std::string_view mark = "...";
  auto const room = columns - std::min(columns, mark.size());
  std::size_t taken = 0;
  std::size_t bytes = 0;
  while (bytes < safe.size()) {
    auto const next = first_character(safe.substr(bytes));
    auto const wide = next.bytes == 0 ? 1 : columns_of_code(next.code);
    if (taken + wide > room) {
      break;
    }
    taken += wide;
    bytes += std::max<std::size_t>(next.bytes, 1);
  }
  return std::string{safe.substr(0, bytes)} + std::string{mark.substr(0, columns)};
}

} // namespace conecta::report
