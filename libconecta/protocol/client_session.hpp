#pragma once

// Sessions of a server's own client library: where a protocol's credentials or queries are more
// than is written here. Modules implement them (libconecta/postgres, libconecta/mysql,
// libconecta/mongodb); they are loaded when a URL first needs them.

#include "net/channel.hpp"
#include "net/client_session.hpp"
#include "net/establish.hpp"
#include "net/url.hpp"
#include "protocol/conduct.hpp"
#include "protocol/conversation.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace conecta::protocol {

struct client_wishes {
  net::protocol speaks = net::protocol::none; ///< one that has_client_library
  std::string host, address;                  ///< the address is numeric, one of the host's
  std::uint16_t port = 0;
  std::string user;
  std::optional<std::string> password;
  std::string database;           ///< "": the server's choice
  level asks = level::query;      ///< auth or query
  std::string query = "SELECT 1"; ///< of SQL; its rows are read one by one, and forgotten
  instant deadline = never;       ///< of opening it and of the first answer
  std::string sslmode;            ///< PostgreSQL; "": by the options of TLS, else libpq's choice
  net::tls_options tls;
};

/// Of a row or another message: a server that sends a longer one is refused as oversized.
inline constexpr std::size_t most_of_a_message = std::size_t{4} << 20;

/// What a module offers.
using open_client_function = net::client_session*(client_wishes const& with);
inline constexpr char const* open_client_entry = "conecta_open_client_4";

/// Whether it is a client library's to hold a session there.
[[nodiscard]] bool has_client_library(net::protocol speaks) noexcept;

/// What came of opening one; of the last address that was tried.
struct client_attempt {
  std::unique_ptr<net::client_session> session; ///< null: there is no module, `missing` says why
  std::string missing;
  std::variant<verdict, silence> how;
  std::optional<instant> reached_at; ///< none: nobody
};

/// Opens a session at one address of the URL's host after the other, until one is reached, and
/// leads it as far as `asks`. A coroutine that is cancelled ends as timed out at `deadline` or
/// later. Throws boost::system::system_error where the name does not resolve. REQUIRES:
/// has_client_library.
[[nodiscard]] boost::asio::awaitable<client_attempt>
attempt_by_client(boost::asio::any_io_executor executor, net::endpoint_url to, level asks,
                  instant deadline, net::dial_options how);

} // namespace conecta::protocol
