// Bytes as a scenario, and what follows a zero byte as the argument of --set. Whatever they are,
// there is an answer: messages that are safe to print, or a scenario whose resolved text loads
// again, to the same text.

#include "scenario/load.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace conecta::scenario;

std::optional<std::string> lookup(std::string const& name) {
  return name == "HOST" ? std::optional<std::string>{"127.0.0.1"} : std::nullopt;
}

void demand(bool holds, char const* what, std::string_view about) {
  if (!holds) {
    std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(about.size()), about.data());
    std::abort();
  }
}

bool is_safe(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char letter) { return letter >= 0x20 && letter < 0x7f; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input{reinterpret_cast<char const*>(data), size};
  std::size_t const zero = input.find('\0');
  overrides changes;
  if (zero != std::string_view::npos) {
    changes.sets.emplace_back(input.substr(zero + 1));
  }
  load_result const first = load_text(input.substr(0, zero), "input", changes, lookup);
  if (auto const* const refused = std::get_if<problems>(&first)) {
    demand(!refused->messages.empty(), "refused without a message", input);
    demand(refused->messages.size() <= 101, "too many messages", input);
    for (std::string const& message : refused->messages) {
      demand(is_safe(message), "a message that is not safe to print", message);
    }
    return 0;
  }
  std::string const& resolved = std::get<scenario>(first).resolved;
  load_result const second = load_text(resolved, "resolved", {}, lookup);
  auto const* const again = std::get_if<scenario>(&second);
  demand(again != nullptr, "the resolved text is refused", resolved);
  demand(again->resolved == resolved, "the resolved text resolves to another", resolved);
  return 0;
}
