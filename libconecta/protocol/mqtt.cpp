#include "protocol/mqtt.hpp"

#include "protocol/octets.hpp"

#include <utility>

namespace conecta::protocol {

namespace {

/// A text with its length in two bytes.
std::string field(std::string_view text) { return number(text.size(), 2, order::big).append(text); }

/// Seven bits a byte, the lowest first.
std::string remaining_length(std::size_t size) {
  std::string out;
  do {
    auto const bits = size & 0x7fU;
    size >>= 7U;
    out.push_back(static_cast<char>(bits | (size > 0 ? 0x80U : 0U)));
  } while (size > 0);
  return out;
}

class mqtt_conversation final : public conversation {
 public:
  explicit mqtt_conversation(mqtt_options options) : options_{std::move(options)} {}

  std::string begin() override {
    constexpr unsigned clean_session = 0x02;
    constexpr unsigned with_password = 0x40;
    constexpr unsigned with_user = 0x80;
    constexpr char version_3_1_1 = 4;
    constexpr char keep_alive_s = 10;
    auto flags = clean_session;
    std::string credentials;
    if (!options_.user.empty()) {
      flags |= with_user;
      credentials += field(options_.user);
      if (options_.password) {
        flags |= with_password;
        credentials += field(*options_.password);
      }
    }
    std::string body = field("MQTT");
    body += {version_3_1_1, static_cast<char>(flags), 0, keep_alive_s};
    body += field("") + credentials;
    return "\x10" + remaining_length(body.size()) + body;
  }

  step hear(std::string_view unread) override {
    constexpr unsigned char connack = 0x20;
    reader from{unread};
    auto const type = from.number(1, order::big);
    auto const length = from.number(1, order::big);
    auto const flags = from.number(1, order::big);
    auto const code = from.number(1, order::big);
    bool const is_of_a_later_version = length && *length > 2 && *length < 0x80;
    if (type != connack || (length && *length != 2 && !is_of_a_later_version) ||
        (flags && *flags > 1)) {
      return {.end = foreign("CONNACK of MQTT", unread)};
    }
    if (is_of_a_later_version) {
      return {.end = unready("version", "it answers in a later version than MQTT 3.1.1")};
    }
    return code ? step{.used = 4, .end = judge(*code)} : step{};
  }

  std::string farewell() override { return {"\xe0\x00", 2}; }

 private:
  static verdict judge(std::uint64_t code) {
    switch (code) {
    case 0:
      return ready();
    case 1:
      return unready("version", "it does not speak MQTT 3.1.1");
    case 2:
      return unready("error", "it takes no client without an identifier");
    case 3:
      return unready("unavailable", "it says that its service is unavailable");
    case 4:
      return denied("it says: bad user name or password");
    case 5:
      return denied("it says: not authorized");
    default:
      return unready("error", "it refuses with code " + std::to_string(code));
    }
  }

  mqtt_options options_;
};

} // namespace

std::unique_ptr<conversation> speak_mqtt(mqtt_options options) {
  return std::make_unique<mqtt_conversation>(std::move(options));
}

} // namespace conecta::protocol
