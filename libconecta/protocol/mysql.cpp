#include "protocol/mysql.hpp"

#include "protocol/octets.hpp"

#include <algorithm>
#include <array>

namespace conecta::protocol {

verdict judge_mysql_error(std::uint64_t number, std::string_view message) {
  auto const detail = std::to_string(number) + ": " + std::string{message};
  switch (number) {
  case 1040: // too many connections
  case 1203: // of this user
  case 1226: // of this user in an hour
    return unready("saturated", detail);
  case 1049:
    return unready("no_database", detail);
  case 1053:
    return unready("stopping", detail);
  case 1129: // too many connection errors of this host
    return unready("blocked", detail);
  case 1044:
  case 1045:
  case 1130: // this host may not connect
  case 1698:
    return denied(detail);
  default:
    return unready("error", detail);
  }
}

namespace {

/// A login without a password is a failed one: it must not be that of somebody whom it locks out.
constexpr auto made_up_user = "conecta";
constexpr std::string_view mysql_greeting = "the greeting of MySQL";
constexpr unsigned char ok_packet = 0x00;
constexpr unsigned char more_data = 0x01;
constexpr unsigned char greeting_10 = 0x0a;
constexpr unsigned char auth_switch = 0xfe;
constexpr unsigned char error_packet = 0xff;

std::string packet(unsigned sequence, std::string const& payload) {
  return number(payload.size(), 3, order::little) + number(sequence, 1, order::little) + payload;
}

class mysql_conversation final : public conversation {
 public:
  std::string begin() override { return {}; }

  step hear(std::string_view unread) override {
    reader from{unread};
    auto const length = from.number(3, order::little);
    auto const sequence = from.number(1, order::little);
    if (length && (*length == 0 || *length > most_heard)) {
      return {.end = foreign(mysql_greeting, unread)};
    }
    if (!sequence) {
      return {};
    }
    if (now_ == stage::greeting && *sequence != 0) {
      return {.end = foreign(mysql_greeting, unread)};
    }
    auto const payload = from.bytes(*length);
    if (!payload) {
      return {};
    }
    auto made = judge(static_cast<unsigned char>(payload->front()), payload->substr(1),
                      static_cast<unsigned>(*sequence));
    made.used = 4 + *length;
    return made;
  }

  std::string farewell() override { return now_ == stage::ping ? packet(0, "\x01") : ""; }

 private:
  enum class stage : std::uint8_t { greeting, login, ping };

  step judge(unsigned char type, std::string_view body, unsigned sequence) {
    if (type == error_packet) {
      return {.end = judge_error(body)};
    }
    switch (now_) {
    case stage::greeting:
      if (type != greeting_10 || body.find('\0') == std::string_view::npos) {
        return {.end = foreign(mysql_greeting, body)};
      }
      now_ = stage::login;
      return {.say = packet(sequence + 1, login())};
    case stage::login:
      if (type == auth_switch || type == more_data) { // an empty proof: it answers yes or no
        return {.say = packet(sequence + 1, "")};
      }
      if (type != ok_packet) {
        return {.end = foreign("an answer of MySQL", body)};
      }
      now_ = stage::ping;
      return {.say = packet(0, "\x0e")};
    case stage::ping:
      return {.end = type == ok_packet ? ready() : foreign("an answer of MySQL", body)};
    }
    return {};
  }

  /// HandshakeResponse41, with an empty proof.
  [[nodiscard]] std::string login() const {
    constexpr std::uint64_t long_password = 0x1;
    constexpr std::uint64_t protocol_41 = 0x200;
    constexpr std::uint64_t secure_connection = 0x8000;
    constexpr std::uint64_t plugin_auth = 0x80000;
    constexpr std::uint64_t largest_packet = 1U << 16U;
    constexpr std::uint64_t utf8 = 33;
    return number(long_password | protocol_41 | secure_connection | plugin_auth, 4, order::little) +
           number(largest_packet, 4, order::little) + number(utf8, 1, order::little) +
           std::string(23, '\0') + made_up_user + '\0' + '\0' + "mysql_native_password" + '\0';
  }

  static verdict judge_error(std::string_view body) {
    reader from{body};
    auto const number = from.number(2, order::little);
    if (!number) {
      return foreign(mysql_greeting, body);
    }
    auto message = from.rest();
    if (message.starts_with('#') && message.size() >= 6) { // and the SQLSTATE
      message.remove_prefix(6);
    }
    return is_of_the_user(*number) ? ready() : judge_mysql_error(*number, message);
  }

  /// It answers, though not this user, or not without a password or TLS.
  static bool is_of_the_user(std::uint64_t number) {
    constexpr std::array<std::uint64_t, 9> numbers{1044, 1045, 1251, 1524, 1698,
                                                   1862, 3118, 3159, 4151};
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
  }

  stage now_ = stage::greeting;
};

} // namespace

std::unique_ptr<conversation> speak_mysql() { return std::make_unique<mysql_conversation>(); }

} // namespace conecta::protocol
