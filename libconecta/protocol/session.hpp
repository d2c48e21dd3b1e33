#pragma once

// What makes a pooled connection a session of the protocol that its URL names: what is said first,
// once, and how it is asked later whether it is alive.

#include "net/endpoint.hpp"
#include "net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace conecta::protocol {

/// Redis: AUTH, SELECT and PING, as far as the URL asks for them. HTTP, and what has no protocol:
/// says nothing. Throws boost::system::system_error: a net::session_error, what the socket failed
/// of, or timed_out.
[[nodiscard]] boost::asio::awaitable<void>
begin_session(net::connection& over, net::endpoint_url const& with, instant deadline);

/// The smallest question that the protocol has, and its answer; none where it has none. Redis:
/// PING. HTTP: HEAD of the URL's path, any status.
[[nodiscard]] std::optional<net::check_exchange> usual_check(net::endpoint_url const& of);

} // namespace conecta::protocol
