#include "protocol/nats.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace conecta::protocol {

namespace {

/// A JSON string. Bytes beyond ASCII are left as they are.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20) {
      out += "\\u00";
      out += {"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

class nats_conversation final : public conversation {
 public:
  explicit nats_conversation(nats_options options) : options_{std::move(options)} {}

  std::string begin() override { return {}; }

  step hear(std::string_view unread) override {
    std::size_t size = 0;
    auto const line = first_line(unread, size);
    if (!line) {
      return {};
    }
    if (line->starts_with("-ERR")) {
      return {.end = judge(line->substr(std::min(line->size(), std::size_t{5})))};
    }
    if (!informed_) {
      return greeted(*line, unread, size);
    }
    if (*line == "PONG") {
      return {.used = size, .end = ready()};
    }
    // What a server says of itself in between: a new INFO, its own PING.
    if (line->starts_with("INFO ") || *line == "+OK" || *line == "PING") {
      return {.used = size, .say = *line == "PING" ? "PONG\r\n" : ""};
    }
    return {.end = foreign("PONG of NATS", unread)};
  }

  [[nodiscard]] bool speaks_unasked() const override { return true; }

 private:
  step greeted(std::string_view line, std::string_view unread, std::size_t size) {
    if (!line.starts_with("INFO {")) {
      return {.end = foreign("INFO of NATS", unread)};
    }
    informed_ = true;
    if (options_.asks == level::handshake) {
      return {.used = size, .end = ready()};
    }
    std::string connect = R"(CONNECT {"verbose":false,"pedantic":false,"lang":"conecta")";
    if (!options_.user.empty()) {
      connect += ",\"user\":" + quoted(options_.user) +
                 ",\"pass\":" + quoted(options_.password.value_or(""));
    } else if (options_.password) {
      connect += ",\"auth_token\":" + quoted(*options_.password);
    }
    return {.used = size, .say = connect + "}\r\nPING\r\n"};
  }

  /// Such as "'Authorization Violation'".
  static verdict judge(std::string_view error) {
    std::string lower{error};
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto const says = [&](char const* text) { return lower.find(text) != std::string::npos; };
    if (says("authorization") || says("authentication")) {
      return denied(error);
    }
    return unready(says("maximum connections") ? "saturated" : "error", error);
  }

  nats_options options_;
  bool informed_ = false;
};

} // namespace

std::unique_ptr<conversation> speak_nats(nats_options options) {
  return std::make_unique<nats_conversation>(std::move(options));
}

} // namespace conecta::protocol
