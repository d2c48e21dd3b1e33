#include "protocol/postgres.hpp"

#include "protocol/octets.hpp"

#include <utility>

namespace conecta::protocol {

verdict judge_sqlstate(std::string_view sqlstate, std::string_view message) {
  auto const detail = std::string{sqlstate} + ": " + std::string{message};
  if (sqlstate == "57P03") {
    return unready("starting", detail);
  }
  if (sqlstate == "57P01" || sqlstate == "57P02") {
    return unready("stopping", detail);
  }
  if (sqlstate == "53300") {
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
    for (;;) {
      reader from{unread.substr(made.used)};
      auto const type = from.bytes(1);
      if (!type) {
        return made;
      }
      if (std::string_view{"RENSKZv"}.find(type->front()) == std::string_view::npos) {
        made.end = foreign(postgres_message, unread);
        return made;
      }
      auto const length = from.number(4, order::big);
      if (length && (*length < 4 || *length > most_heard)) {
        made.end = foreign(postgres_message, unread);
        return made;
      }
      auto const body = length ? from.bytes(*length - 4) : std::nullopt;
      if (!body) {
        return made;
      }
      made.used += 1 + *length;
      made.end = judge(type->front(), *body);
      if (made.end) {
        return made;
      }
    }
  }

  /// Terminate; while it waits for a password, hanging up is what everybody does.
  std::string farewell() override { return in_session_ ? "X" + number(4, 4, order::big) : ""; }

 private:
  /// None: there is more to come.
  std::optional<verdict> judge(char type, std::string_view body) {
    switch (type) {
    case 'E':
      return judge_error(body);
    case 'R': {
      auto const request = reader{body}.number(4, order::big);
      if (!request) {
        return foreign(postgres_message, body);
      }
      in_session_ = *request == 0;
      return in_session_ ? std::nullopt : std::optional{ready()};
    }
    case 'Z':
      return ready();
    default:
      return std::nullopt; // notices and what it says of itself
    }
  }

  /// Fields of a letter and a text each: C is the SQLSTATE, M the message.
  static verdict judge_error(std::string_view body) {
    std::string_view sqlstate;
    std::string_view message;
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
    bool const of_the_user = sqlstate.starts_with("28") || sqlstate == "3D000";
    return of_the_user ? ready() : judge_sqlstate(sqlstate, message);
  }

  postgres_options options_;
  bool in_session_ = false;
};

} // namespace

std::unique_ptr<conversation> speak_postgres(postgres_options options) {
  return std::make_unique<postgres_conversation>(std::move(options));
}

} // namespace conecta::protocol
