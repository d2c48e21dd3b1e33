#pragma once

// PostgreSQL's start of a session: the startup message, and what the server answers, up to its
// request for a password or, where it wants none, to ReadyForQuery.
// https://www.postgresql.org/docs/15/protocol-flow.html
//
// Costs the server a process for a moment; it logs a line if it refuses, and with log_connections
// or log_disconnections always.

#include "protocol/conversation.hpp"

#include <memory>
#include <string>

namespace conecta::protocol {

struct postgres_options {
  std::string user = {};     ///< empty: "conecta", which need not exist
  std::string database = {}; ///< empty: the user's, which need not exist
};

/// At the level of a handshake: that a user does not exist, or that there is a password, is no
/// obstacle.
[[nodiscard]] std::unique_ptr<conversation> speak_postgres(postgres_options options);

/// What an SQLSTATE says of the server.
[[nodiscard]] verdict judge_sqlstate(std::string_view sqlstate, std::string_view message);

} // namespace conecta::protocol
