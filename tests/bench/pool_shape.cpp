#include "bench/pool_shape.hpp"

#include <charconv>

namespace conecta::bench {

namespace {

std::optional<std::size_t> parse_count(std::string_view text) {
  std::size_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

bool parse_hold(std::string_view text, shape& into) {
  if (text == "yield") {
    into.hold = holding::yielding;
    return true;
  }
  if (text.ends_with("us")) {
    text.remove_suffix(2);
    into.hold = holding::busy;
  }
  auto const amount = parse_count(text);
  if (!amount || (into.hold == holding::nothing && *amount != 0)) {
    return false;
  }
  into.busy = std::chrono::microseconds{*amount};
  return true;
}

} // namespace

std::optional<shape> parse_shape(std::string_view text) {
  shape found;
  found.text = text;
  for (auto* const count : {&found.clients, &found.slots, &found.leased}) {
    auto const end = text.find('/');
    auto const value = parse_count(text.substr(0, end));
    if (end == std::string_view::npos || !value) {
      return std::nullopt;
    }
    *count = *value;
    text.remove_prefix(end + 1);
  }
  bool const possible = found.clients > 0 && found.leased < found.slots;
  return possible && parse_hold(text, found) ? std::optional{found} : std::nullopt;
}

} // namespace conecta::bench
