#include "fault/damage.hpp"

#include <algorithm>
#include <vector>

namespace conecta::fault {

// Floyd's sampling (Bentley and Floyd: A Sample of Brilliance, CACM 30.9, 1987): as many draws as
// bits.
void flip_bits(std::span<char> bytes, std::size_t bits, random_source source) {
  auto const all = bytes.size() * 8;
  auto const count = std::min(bits, all);
  std::vector<std::size_t> chosen;
  for (auto last = all - count; last < all; ++last) {
    auto const drawn = static_cast<std::size_t>(source.next() % (last + 1));
    bool const again = std::ranges::find(chosen, drawn) != chosen.end();
    chosen.push_back(again ? last : drawn);
  }
  for (auto const bit : chosen) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

} // namespace conecta::fault
