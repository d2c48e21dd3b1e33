#pragma once

// Holds a conversation over a connection: sends what it says, reads what the server answers, and is
// polite at the end. The caller has the deadline: a coroutine that is cancelled ends as timed out
// at `deadline` or later.
//
// Thread safety: the connection's executor.

#include "net/connection.hpp"
#include "net/error_kind.hpp"
#include "protocol/conversation.hpp"

#include <conecta/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace conecta::protocol {

/// Why there is no verdict.
struct silence {
  net::error_kind why = net::error_kind::other;
  std::string detail;
  std::size_t heard = 0; ///< bytes of the server, on the whole
};

/// Whether the farewell is said at the end, or of a server that is ready left to the caller.
enum class parting : std::uint8_t { at_once, later };

/// `over` and `with` outlive it. What is left unread is not looked at: the connection is to be
/// closed after it.
[[nodiscard]] boost::asio::awaitable<std::variant<verdict, silence>>
conduct(net::connection& over, conversation& with, instant deadline,
        parting when = parting::at_once);

} // namespace conecta::protocol
