#include "protocol/postgres.hpp"

#include "protocol/octets.hpp"

#include <algorithm>
#include <utility>

namespace conecta::protocol {

verdict judge_sqlstate(std::string_view sqlstate, std::string_view message) {
  auto const detail = (sqlstate.empty() ? "" : std::string{sqlstate} + ": ") + std::string{message};
  if (sqlstate == "57P03") {
    return unready("starting", detail);
  }
  if (sqlstate == "57P01" || sqlstate == "57P02") {
    return unready("stopping", detail);
  }
  bool const is_full = message.starts_with("no more connections allowed"); // PgBouncer
  if (sqlstate == "53300" || (sqlstate == "08P01" && is_full)) {
    return unready("saturated", detail);
  }
  if (sqlstate == "3D000") {
    return unready("no_database", detail);
  }
  return sqlstate.starts_with("28") ? denied(detail) : unready("error", detail);
}

namespace {

constexpr std::string_view postgres_message = "a message of PostgreSQL";

std::string text(std::string_view value) { return std::string{value} + '\0'; }

class postgres_conversation final : public conversation {
 public:
  explicit postgres_conversation(postgres_options options) : options_{std::move(options)} {}

  std::string begin() override {
    constexpr std::uint32_t version_3 = 3U << 16U;
    auto const user = options_.user.empty() ? std::string{"conecta"} : options_.user;
    std::string body = number(version_3, 4, order::big) + text("user") + text(user);
    if (!options_.database.empty()) {
      body += text("database") + text(options_.database);
    }
    body += text("application_name") + text("conecta") + '\0';
    return number(body.size() + 4, 4, order::big) + body;
  }

  step hear(std::string_view unread) override {
    step made;
    while (!made.end) {
      auto const rest = unread.substr(made.used);
      reader from{rest};
      auto const type = from.bytes(1);
      if (!type) {
        break;
      }
      if (types_now().find(type->front()) == std::string_view::npos) {
        made.end = foreign(postgres_message, rest);
        break;
      }
      auto const length = from.number(4, order::big);
      if (length && (*length < 4 || *length > most_heard)) {
        made.end = type->front() == 'E' ? judge_old_error(rest) : foreign(postgres_message, rest);
        break;
      }
      auto const body = length ? from.bytes(*length - 4) : std::nullopt;
      if (!body) {
        break;
      }
      made.used += 1 + *length;
      made.end = judge(type->front(), *body);
    }
    return made;
  }

  /// Terminate; while it waits for a password, hanging up is what everybody does.
  std::string farewell() override { return in_session_ ? "X" + number(4, 4, order::big) : ""; }

 private:
  /// Before it lets in there are requests, refusals and notices; then also what it says of itself.
  [[nodiscard]] std::string_view types_now() const { return in_session_ ? "ENSKZ" : "ERNv"; }

  /// None: there is more to come.
  std::optional<verdict> judge(char type, std::string_view body) {
    switch (type) {
    case 'E':
      return judge_error(body);
    case 'R': {
      constexpr std::uint64_t highest_request = 12; // SASLFinal
      auto const request = reader{body}.number(4, order::big);
      if (!request || *request > highest_request || (*request == 0 && body.size() != 4)) {
        return foreign(postgres_message, body);
      }
      in_session_ = *request == 0;
      return in_session_ ? std::nullopt : std::optional{ready()};
    }
    case 'Z':
      return body == "I" ? ready() : foreign(postgres_message, body);
    default:
      return std::nullopt; // notices and what it says of itself
    }
  }

  /// As a server says it that cannot even begin a process: a text up to a NUL, without a length.
  static std::optional<verdict> judge_old_error(std::string_view rest) {
    if (rest.find("\r\n") != std::string_view::npos) {
      return foreign(postgres_message, rest);
    }
    auto const end = rest.find('\0');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    return unready("error", rest.substr(1, std::min(end, rest.find('\n')) - 1));
  }

  /// Fields of a letter and a text each: C is the SQLSTATE, M the message.
  [[nodiscard]] verdict judge_error(std::string_view body) const {
    std::string_view sqlstate;
    std::string_view message = "an error without a text";
    reader from{body};
    while (!from.rest().empty() && from.rest().front() != '\0') {
      auto const field = from.bytes(1);
      auto const value = from.text();
      if (!field || !value) {
        break;
      }
      if (*field == "C") {
        sqlstate = *value;
      } else if (*field == "M") {
        message = *value;
      }
    }
    return is_of_the_user(sqlstate, message) ? ready() : judge_sqlstate(sqlstate, message);
  }

  /// What is no obstacle to a handshake. PgBouncer says 08P01 for what PostgreSQL has codes for.
  [[nodiscard]] bool is_of_the_user(std::string_view sqlstate, std::string_view message) const {
    bool const no_database =
        sqlstate == "3D000" || (sqlstate == "08P01" && message.starts_with("no such database"));
    bool const no_user =
        sqlstate.starts_with("28") || (sqlstate == "08P01" && message.starts_with("no such user"));
    return no_user || (no_database && options_.database.empty());
  }

  postgres_options options_;
  bool in_session_ = false;
};

} // namespace

std::unique_ptr<conversation> speak_postgres(postgres_options options) {
  return std::make_unique<postgres_conversation>(std::move(options));
}

} // namespace conecta::protocol
