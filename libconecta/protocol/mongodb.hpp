#pragma once

// MongoDB: `hello` in an OP_MSG, which says what it is to its replica set; no credentials are asked
// for that. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/,
// https://bsonspec.org/spec.html
//
// Costs the server a connection for a moment; two lines of its log at its usual level.

#include "protocol/conversation.hpp"

#include <cstdint>
#include <memory>

namespace conecta::protocol {

struct mongodb_options {
  enum class role : std::uint8_t { any, primary, secondary };
  role wanted = role::any;
};

[[nodiscard]] std::unique_ptr<conversation> speak_mongodb(mongodb_options options);

} // namespace conecta::protocol
