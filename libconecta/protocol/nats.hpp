#pragma once

// NATS: it begins with INFO, is told CONNECT and asked PING.
// https://docs.nats.io/reference/reference-protocols/nats-protocol
//
// Costs the server one client connection; no log line at its usual level unless it refuses.

#include "protocol/conversation.hpp"

#include <memory>
#include <optional>
#include <string>

namespace conecta::protocol {

struct nats_options {
  std::string user = {};
  std::optional<std::string> password = {}; ///< without a user it is a token
  level asks = level::query; ///< handshake: INFO is enough, and "auth_required" no obstacle
};

[[nodiscard]] std::unique_ptr<conversation> speak_nats(nats_options options);

} // namespace conecta::protocol
