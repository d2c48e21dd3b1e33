#include "scenario/utf8.hpp"

namespace conecta::scenario {

// Unicode 15, table 3-7.
std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  auto const byte_at = [&](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  auto const follows = [&](std::size_t index, unsigned low, unsigned high) {
    return byte_at(index) >= low && byte_at(index) <= high;
  };
  for (std::size_t index = 0; index < text.size();) {
    unsigned const lead = byte_at(index);
    std::size_t length = 1;
    bool good = lead < 0x80;
    if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
      good = follows(index + 1, 0x80, 0xbf);
    } else if (lead >= 0xe0 && lead <= 0xef) {
      length = 3;
      good = follows(index + 1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf) &&
             follows(index + 2, 0x80, 0xbf);
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      length = 4;
      good = follows(index + 1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) &&
             follows(index + 2, 0x80, 0xbf) && follows(index + 3, 0x80, 0xbf);
    }
    if (!good) {
      return index;
    }
    index += length;
  }
  return std::nullopt;
}

} // namespace conecta::scenario
