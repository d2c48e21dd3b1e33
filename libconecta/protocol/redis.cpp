#include "protocol/redis.hpp"

#include <array>
#include <utility>

namespace conecta::protocol {

std::string resp_command(std::vector<std::string_view> const& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (auto const word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n";
    out += word;
    out += "\r\n";
  }
  return out;
}

verdict judge_redis_error(std::string_view error) {
  struct row {
    std::string_view begins;
    standing is;
    std::string_view reason;
  };
  constexpr std::array rows{
      row{"LOADING", standing::unready, "loading"},
      row{"BUSY ", standing::unready, "busy"},
      row{"MASTERDOWN", standing::unready, "master_down"},
      row{"CLUSTERDOWN", standing::unready, "cluster_down"},
      row{"MISCONF", standing::unready, "misconfigured"},
      row{"ERR max number of clients", standing::unready, "saturated"},
      row{"NOAUTH", standing::denied, "denied"},
      row{"WRONGPASS", standing::denied, "denied"},
      row{"NOPERM", standing::denied, "denied"},
      row{"DENIED", standing::denied, "denied"},
      row{"ERR invalid password", standing::denied, "denied"},
      row{"ERR AUTH", standing::denied, "denied"},
      row{"ERR Client sent AUTH", standing::denied, "denied"},
  };
  for (auto const& each : rows) {
    if (error.starts_with(each.begins)) {
      return {each.is, std::string{each.reason}, std::string{error}};
    }
  }
  return unready("error", error);
}

namespace {

constexpr std::string_view first_bytes = "+-:$*";
constexpr std::string_view redis_reply = "a reply of Redis";

class redis_conversation final : public conversation {
 public:
  explicit redis_conversation(redis_options options) : options_{std::move(options)} {}

  std::string begin() override { return say(after(stage::start)); }

  step hear(std::string_view unread) override {
    if (first_bytes.find(unread.front()) == std::string_view::npos) {
      return {.end = foreign(redis_reply, unread)};
    }
    std::size_t size = 0;
    auto const line = first_line(unread, size);
    if (!line) {
      return {};
    }
    if (line->starts_with('-')) {
      return {.used = size, .end = judge(line->substr(1))};
    }
    if (now_ == stage::role) {
      return judge_role(unread);
    }
    if (*line != (now_ == stage::ping ? "+PONG" : "+OK")) {
      return {.end = foreign(redis_reply, unread)};
    }
    now_ = after(now_);
    if (now_ == stage::over) {
      return {.used = size, .end = ready()};
    }
    return {.used = size, .say = say(now_)};
  }

 private:
  enum class stage : std::uint8_t { start, auth, select, ping, role, over };

  [[nodiscard]] bool with_credentials() const { return options_.asks >= level::auth; }

  [[nodiscard]] bool needed(stage which) const {
    switch (which) {
    case stage::auth:
      return with_credentials() && options_.password.has_value();
    case stage::select:
      return with_credentials() && options_.database != 0;
    case stage::role:
      return options_.asks == level::query && options_.wanted != redis_options::role::any;
    case stage::start:
    case stage::ping:
    case stage::over:
      return true;
    }
    return true;
  }

  [[nodiscard]] stage after(stage which) const {
    do {
      which = static_cast<stage>(static_cast<std::uint8_t>(which) + 1);
    } while (!needed(which));
    return which;
  }

  std::string say(stage which) {
    now_ = which;
    switch (which) {
    case stage::auth:
      return options_.user.empty() ? resp_command({"AUTH", *options_.password})
                                   : resp_command({"AUTH", options_.user, *options_.password});
    case stage::select:
      return resp_command({"SELECT", std::to_string(options_.database)});
    case stage::role:
      return resp_command({"ROLE"});
    case stage::start:
    case stage::ping:
    case stage::over:
      break;
    }
    return resp_command({"PING"});
  }

  [[nodiscard]] verdict judge(std::string_view error) const {
    // Who is not asked to accept credentials is not asked to accept their absence, and nobody who
    // was let in needs to be allowed to ping.
    bool const no_obstacle =
        (!with_credentials() && error.starts_with("NOAUTH")) ||
        (now_ == stage::ping && options_.asks != level::query && error.starts_with("NOPERM"));
    return no_obstacle ? ready() : judge_redis_error(error);
  }

  /// An array whose first element is "master", "slave" or "sentinel".
  [[nodiscard]] step judge_role(std::string_view unread) const {
    std::array<std::string_view, 3> lines;
    auto rest = unread;
    for (auto& each : lines) {
      std::size_t size = 0;
      auto const line = first_line(rest, size);
      if (!line) {
        return {};
      }
      each = *line;
      rest.remove_prefix(size);
    }
    auto const [array, length, role] = lines;
    if (!array.starts_with('*') || length != "$" + std::to_string(role.size())) {
      return {.end = foreign(redis_reply, unread)};
    }
    auto const wanted =
        options_.wanted == redis_options::role::primary ? std::string_view{"master"} : "slave";
    return {.used = unread.size(), // the rest of the array is not looked at
            .end = role == wanted ? ready() : unready("role", "its role is " + std::string{role})};
  }

  redis_options options_;
  stage now_ = stage::start;
};

} // namespace

std::unique_ptr<conversation> speak_redis(redis_options options) {
  return std::make_unique<redis_conversation>(std::move(options));
}

} // namespace conecta::protocol
