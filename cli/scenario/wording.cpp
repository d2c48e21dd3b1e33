#include "scenario/wording.hpp"

#include "base/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace conecta::scenario {
namespace {

// A scenario may hold a thousand names, and a hundred mistakes about them.
constexpr std::size_t most_named = 200;
constexpr std::size_t most_listed = 30;

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

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
  });
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

std::string below(std::string const& pointer, std::string_view key) {
  std::string escaped;
  for (char const letter : key.substr(0, 64)) {
    if (letter == '~') {
      escaped += "~0";
    } else if (letter == '/') {
      escaped += "~1";
    } else {
      escaped += letter;
    }
  }
  return pointer + "/" + printable(escaped);
}

std::string did_you_mean(std::string_view name, std::span<std::string_view const> candidates) {
  auto const best = nearest_name(name, candidates.first(std::min(candidates.size(), most_named)));
  return best ? "; did you mean " + in_quotes(*best) + "?" : std::string{};
}

std::string listed(std::span<std::string_view const> names) {
  std::string text;
  for (std::string_view const name : names.first(std::min(names.size(), most_listed))) {
    text += (text.empty() ? "" : ", ") + in_quotes(name);
  }
  if (names.size() > most_listed) {
    text += " and " + std::to_string(names.size() - most_listed) + " more";
  }
  return text;
}

} // namespace conecta::scenario
