#include "base/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace conecta {
namespace {

char lowered(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Letters inserted, removed, replaced or two neighbours swapped (optimal string alignment).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      char const here = lowered(left[i - 1]);
      char const there = lowered(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (here == there ? 0U : 1U)});
      if (i > 1 && j > 1 && here == lowered(right[j - 2]) && lowered(left[i - 2]) == there) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[right.size()];
}

} // namespace

std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<std::string_view const> candidates) {
  if (name.size() > 64) {
    return std::nullopt;
  }
  std::optional<std::string_view> best;
  std::size_t fewest = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (std::string_view const candidate : candidates) {
    std::size_t const changes = distance(name, candidate);
    // Two letters of a word of three say nothing.
    if (changes < fewest && changes < std::min(name.size(), candidate.size())) {
      fewest = changes;
      best = candidate;
    }
  }
  return best;
}

} // namespace conecta
