#pragma once

// MongoDB: `hello` in an OP_MSG, which says what it is to its replica set; no credentials are asked
// for that. What wants some is a client_session's.
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/,
// https://bsonspec.org/spec.html
//
// Costs the server a connection for a moment; two lines of its log at its usual level.

#include "net/url.hpp"
#include "protocol/conversation.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace conecta::protocol {

struct mongodb_options {
  enum class role : std::uint8_t { any, primary, secondary };
  role wanted = role::any;
};

[[nodiscard]] std::unique_ptr<conversation> speak_mongodb(mongodb_options options);

/// The `role` of its URL.
[[nodiscard]] mongodb_options::role mongodb_role_in(net::endpoint_url const& to);

/// What a server is to its replica set.
enum class mongodb_standing : std::uint8_t { none, primary, secondary, arbiter };
[[nodiscard]] verdict judge_mongodb_standing(mongodb_standing found, mongodb_options::role wanted);

/// What its error of that number means.
[[nodiscard]] verdict judge_mongodb_error(std::uint64_t code, std::string_view text);

} // namespace conecta::protocol
