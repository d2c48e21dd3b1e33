#pragma once

// Redis, and whatever speaks RESP2 as it does: AUTH where there are credentials, SELECT, ROLE where
// a role is asked for, PING. https://redis.io/docs/latest/develop/reference/protocol-spec/
//
// Costs the server one connection and, at most, four commands; no log line unless AUTH fails.

#include "protocol/conversation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conecta::protocol {

struct redis_options {
  std::string user = {}; ///< empty: the default user
  std::optional<std::string> password = {};
  std::uint32_t database = 0;
  enum class role : std::uint8_t { any, primary, replica } wanted = role::any;
  level asks = level::query; ///< handshake and auth end after the first and the last AUTH
};

[[nodiscard]] std::unique_ptr<conversation> speak_redis(redis_options options);

/// A command as an array of bulk strings.
[[nodiscard]] std::string resp_command(std::vector<std::string_view> const& words);

/// What an error of a server ("LOADING Redis is ...") says of it.
[[nodiscard]] verdict judge_redis_error(std::string_view error);

} // namespace conecta::protocol
