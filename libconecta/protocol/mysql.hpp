#pragma once

// MySQL's and MariaDB's start of a session: the greeting, an answer to it without a password, a
// ping where that is let in.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
//
// It always answers the greeting: a server blocks a host that often connects and hangs up. Costs
// the server a connection for a moment, and Aborted_connects one where it is not let in; with
// log_warnings above 1 that is a line in its log.

#include "protocol/conversation.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace conecta::protocol {

/// At the level of a handshake: as a user who need not exist, and may be turned away.
[[nodiscard]] std::unique_ptr<conversation> speak_mysql();

/// What an error's number says of the server.
[[nodiscard]] verdict judge_mysql_error(std::uint64_t number, std::string_view message);

} // namespace conecta::protocol
