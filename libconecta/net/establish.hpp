#pragma once

// From a URL to a connected socket: resolves the host (a numeric address without a lookup), tries
// its addresses in order, shakes hands where the URL is of TLS, and stops when its coroutine is
// cancelled.
//
// Errors: throws boost::system::system_error with the last address's error; at the deadline,
// boost::asio::error::timed_out.

#include "net/connection.hpp"
#include "net/dial_rules.hpp"
#include "net/proxy_header.hpp"

#include <conecta/endpoint.hpp>
#include <conecta/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta::net {

/// Where the time of one establishment went, and which address answered.
struct establishment {
  duration resolving{};
  duration connecting{};
  std::optional<duration> securing; ///< none: without TLS, or it came not so far
  std::string address;              ///< "127.0.0.1:6379"; the last one tried
  /// When the first certificate of the peer's chain does.
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// Which addresses of a host are tried.
enum class address_family : std::uint8_t { any, ipv4, ipv6 };

/// What is not in the URL. What is pointed to outlives the coroutine.
struct dial_options {
  establishment* notes = nullptr;
  dial_rules* rules = nullptr;
  tls_options const* tls = nullptr; ///< of a URL that is secure; none: verified, by its host's name
  address_family only = address_family::any;
  std::optional<boost::asio::ip::address> at = {};   ///< the one that is tried, not the host's own
  std::optional<duration> connect_within = {};       ///< to one address; then the next has its turn
  std::optional<boost::asio::ip::address> from = {}; ///< of this host; then of its family only
  proxy_protocol announces = proxy_protocol::none;   ///< over TCP, before all else
};

/// Of the host of a URL that has one; a numeric host is its own. Throws
/// boost::system::system_error.
[[nodiscard]] boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>>
addresses_of(boost::asio::any_io_executor executor, endpoint_url to, instant deadline,
             dial_options how = {});

/// "127.0.0.1:6379", "[::1]:6379"
[[nodiscard]] std::string text_of(boost::asio::ip::tcp::endpoint const& address);

/// On UDP nothing is sent: it says nothing of the peer.
[[nodiscard]] boost::asio::awaitable<connection> establish(boost::asio::any_io_executor executor,
                                                           endpoint_url to, wire_counters& counters,
                                                           instant deadline, dial_options how = {});

} // namespace conecta::net
