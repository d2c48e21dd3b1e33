#pragma once

// From a URL to a connected socket: resolves the host (a numeric address without a lookup), tries
// its addresses in order, and stops when its coroutine is cancelled.
//
// Errors: throws boost::system::system_error with the last address's error; at the deadline,
// boost::asio::error::timed_out.

#include "net/connection.hpp"
#include "net/dial_rules.hpp"

#include <conecta/endpoint.hpp>
#include <conecta/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace conecta::net {

/// Where the time of one establishment went, and which address answered.
struct establishment {
  duration resolving{};
  duration connecting{};
  std::string address; ///< "127.0.0.1:6379"; the last one tried
};

/// `notes` and `rules`, when given, outlive the coroutine. On UDP nothing is sent: it says nothing of the
/// peer.
[[nodiscard]] boost::asio::awaitable<connection> establish(boost::asio::any_io_executor executor,
                                                           endpoint_url to, wire_counters& counters,
                                                           instant deadline,
                                                           establishment* notes = nullptr,
                                                           dial_rules* rules = nullptr);

} // namespace conecta::net
