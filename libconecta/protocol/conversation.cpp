#include "protocol/conversation.hpp"

#include <utility>

namespace conecta::protocol {

namespace {

constexpr std::size_t most_quoted = 80;

} // namespace

verdict conversation::closed(std::string_view unread) {
  return unready("closed", unread.empty() ? "it closed without an answer"
                                          : "it closed in the middle of its answer");
}

verdict ready() { return {}; }

verdict unready(std::string reason, std::string_view detail) {
  return {standing::unready, std::move(reason), std::string{detail}};
}

verdict denied(std::string_view detail) {
  return {standing::denied, "denied", std::string{detail}};
}

verdict foreign(std::string_view expected, std::string_view heard) {
  return {standing::foreign, "protocol",
          "expected " + std::string{expected} +
              ", it said: " + std::string{heard.substr(0, most_quoted)}};
}

std::optional<std::string_view> first_line(std::string_view text, std::size_t& size) {
  auto const end = text.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  size = end + 1;
  auto line = text.substr(0, end);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

} // namespace conecta::protocol
