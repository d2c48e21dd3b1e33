#pragma once

// A session that the server's own client library holds, one step at a time: where a protocol's
// credentials or queries are more than is written here. Modules implement it (libconecta/postgres,
// libconecta/mysql); they are loaded when a URL first needs them.
//
// Thread safety: one thread at a time.

#include "net/channel.hpp"
#include "net/readiness.hpp"
#include "net/url.hpp"
#include "protocol/conduct.hpp"
#include "protocol/conversation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace conecta::protocol {

struct client_wishes {
  net::protocol speaks = net::protocol::none; ///< postgres or mysql
  std::string host, address;                  ///< the address is numeric, one of the host's
  std::uint16_t port = 0;
  std::string user;
  std::optional<std::string> password;
  std::string database;           ///< "": the server's choice
  level asks = level::query;      ///< auth or query
  std::string query = "SELECT 1"; ///< its rows are read one by one, and forgotten
  std::string sslmode;            ///< PostgreSQL; "": by the options of TLS, else libpq's choice
  net::tls_options tls;
};

struct client_answer {
  enum class kind : std::uint8_t {
    ready,
    refused, ///< by the server: `code` and `text` are its own
    lost,    ///< no answer of the server: `system` is an errno, 0 where there is none
  } what = kind::ready;
  std::string code = {};
  std::string text = {};
  int system = 0;
};

class client_session {
 public:
  virtual ~client_session() = default;

  /// Goes on as far as it can without waiting; none: it waits for wanted() at socket(), which may
  /// be another one each time.
  [[nodiscard]] virtual std::optional<client_answer> go_on() = 0;
  [[nodiscard]] virtual int socket() const = 0;
  [[nodiscard]] virtual net::readiness wanted() const = 0;
  /// Whether the server was reached.
  [[nodiscard]] virtual bool reached() const = 0;
};

/// What a module offers.
using open_client_function = client_session*(client_wishes const& with);
inline constexpr char const* open_client_entry = "conecta_open_client_1";

/// What a URL wishes, but for the address. REQUIRES: it is of PostgreSQL or MySQL.
[[nodiscard]] client_wishes wishes_of(net::endpoint_url const& to);

/// Null with a `reason` where there is no module for it.
[[nodiscard]] std::unique_ptr<client_session> open_client(client_wishes const& with,
                                                          std::string& reason);

/// Leads it to its end. `reached_at` becomes the instant at which the server was reached.
[[nodiscard]] boost::asio::awaitable<std::variant<verdict, silence>>
conduct(client_session& through, net::protocol speaks, instant deadline,
        std::optional<instant>& reached_at);

} // namespace conecta::protocol
