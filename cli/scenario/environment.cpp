#include "scenario/environment.hpp"

#include "scenario/wording.hpp"

#include <algorithm>
#include <cstdlib>

namespace conecta::scenario {
namespace {

bool is_name(std::string_view name) {
  auto const letter = [](char each) {
    return each == '_' || (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char each) { return letter(each) || (each >= '0' && each <= '9'); });
}

} // namespace

environment process_environment() {
  return [](std::string const& name) -> std::optional<std::string> {
    char const* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
}

std::variant<std::string, not_expanded> expand(std::string_view text, environment const& lookup) {
  std::string out;
  while (!text.empty()) {
    std::size_t const dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) {
      break;
    }
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
      continue;
    }
    if (!text.starts_with("${")) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    std::size_t const close = text.find('}');
    if (close == std::string_view::npos) {
      return not_expanded{"${ without its }; a literal ${ is written $${"};
    }
    std::string_view const inside = text.substr(2, close - 2);
    std::size_t const split = inside.find(":-");
    std::string const name{inside.substr(0, split)};
    if (!is_name(name)) {
      return not_expanded{in_quotes(text.substr(0, close + 1)) +
                          " names no variable; a literal ${ is written $${"};
    }
    std::optional<std::string> value = lookup(name);
    if (split != std::string_view::npos && (!value || value->empty())) {
      value = std::string{inside.substr(split + 2)};
    }
    if (!value) {
      return not_expanded{"the environment has no " + printable(name, 60) +
                          "; set it, or give a default: ${" + printable(name, 60) + ":-...}"};
    }
    out += *value;
    text.remove_prefix(close + 1);
  }
  return out;
}

bool names_variable(std::string_view text) noexcept {
  for (std::size_t at = text.find("${"); at != std::string_view::npos;
       at = text.find("${", at + 2)) {
    if (at == 0 || text[at - 1] != '$') {
      return true;
    }
  }
  return false;
}

} // namespace conecta::scenario
