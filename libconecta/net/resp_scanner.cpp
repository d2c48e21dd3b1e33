#include "net/resp_scanner.hpp"

#include <charconv>
#include <optional>

namespace conecta::net {

namespace {

constexpr std::size_t longest_line = 64 * 1024; ///< of what is no bulk string
constexpr std::int64_t most = std::int64_t{1}
                              << 30; ///< bytes of a string, elements of an aggregate

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < -1 || value > most) {
    return std::nullopt;
  }
  return value;
}

} // namespace

resp_scanner::progress resp_scanner::examine(std::string_view received) {
  while (outstanding_ > 0) {
    auto const rest = received.substr(done_);
    auto const end = rest.substr(0, longest_line).find("\r\n");
    if (end == std::string_view::npos) {
      return rest.size() >= longest_line ? progress::malformed : progress::need_more;
    }
    if (auto const how = take_line(rest.substr(0, end), end + 2, rest); how != progress::complete) {
      return how;
    }
  }
  return progress::complete;
}

resp_scanner::progress resp_scanner::take_line(std::string_view line, std::size_t size,
                                               std::string_view received) {
  if (line.empty()) {
    return progress::malformed;
  }
  switch (line.front()) {
  case '+':
  case '-':
  case ':':
  case '_':
  case '#':
  case ',':
  case '(':
    done_ += size;
    --outstanding_;
    return progress::complete;
  default:
    break;
  }
  auto const count = number_in(line.substr(1));
  if (!count) {
    return progress::malformed;
  }
  auto const announced = static_cast<std::uint64_t>(*count);
  switch (line.front()) {
  case '$':
  case '!':
  case '=': {
    if (*count < 0) { // null
      break;
    }
    auto const whole = size + announced + 2;
    if (received.size() < whole) {
      return progress::need_more;
    }
    if (received.substr(whole - 2, 2) != "\r\n") {
      return progress::malformed;
    }
    size = whole;
    break;
  }
  case '*':
  case '~':
    outstanding_ += *count < 0 ? 0 : announced;
    break;
  case '%':
    if (*count < 0) {
      return progress::malformed;
    }
    outstanding_ += 2 * announced;
    break;
  default: // ">" is no reply, and attributes ("|") are asked for by nobody
    return progress::malformed;
  }
  done_ += size;
  --outstanding_;
  return progress::complete;
}

} // namespace conecta::net
