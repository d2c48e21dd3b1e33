#include "scenario/wording.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace conecta::scenario {
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

std::string printable(std::string_view text, std::size_t most) {
  std::string safe;
  for (char const letter : text.substr(0, most)) {
    if (letter >= 0x20 && letter < 0x7f) {
      safe.push_back(letter);
      continue;
    }
    auto const byte = static_cast<unsigned char>(letter);
    safe += "\\x";
    safe.push_back("0123456789abcdef"[byte >> 4]);
    safe.push_back("0123456789abcdef"[byte & 15]);
  }
  return text.size() > most ? safe + "..." : safe;
}

std::string in_quotes(std::string_view text, std::size_t most) {
  using json = nlohmann::json;
  bool const long_one = text.size() > most;
  std::string const kept{text.substr(0, most)};
  std::string shown = json(kept).dump(-1, ' ', true, json::error_handler_t::ignore);
  if (long_one) {
    shown.insert(shown.size() - 1, "...");
  }
  return shown;
}

std::optional<std::string_view> nearest(std::string_view name,
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

std::string did_you_mean(std::string_view name, std::span<std::string_view const> candidates) {
  auto const best = nearest(name, candidates);
  return best ? "; did you mean " + in_quotes(*best) + "?" : std::string{};
}

std::string listed(std::span<std::string_view const> names) {
  std::string text;
  for (std::string_view const name : names) {
    text += (text.empty() ? "" : ", ") + in_quotes(name);
  }
  return text;
}

} // namespace conecta::scenario
