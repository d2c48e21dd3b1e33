#pragma once

// What makes a pooled connection a session of the protocol that its URL names: what is said first,
// once, and how it is asked later whether it is alive.

#include "net/endpoint.hpp"
#include "net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace conecta::protocol {

/// How a connection to it is made. PostgreSQL and MySQL: by the client library, which logs in; then
/// everything below holds of it, too. All else: net::establish.
[[nodiscard]] net::opener opener_of(net::endpoint_url const& to);

/// Redis: AUTH, SELECT and PING, as far as the URL asks for them. All else: says nothing. Throws
/// boost::system::system_error: a net::session_error, what the socket failed of, or timed_out.
[[nodiscard]] boost::asio::awaitable<void>
begin_session(net::connection& over, net::endpoint_url const& with, instant deadline);

/// The smallest question that the protocol has, and its answer; none where it has none. Redis:
/// PING. HTTP: HEAD of the URL's path, any status. MySQL: COM_PING. PostgreSQL: an empty query.
[[nodiscard]] std::optional<net::check_exchange> usual_check(net::endpoint_url const& of);

} // namespace conecta::protocol
