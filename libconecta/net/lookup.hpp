#pragma once

// The addresses of a host's name. getaddrinfo cannot be called off, and one that asks a dead name
// server blocks for many seconds: each lookup therefore has a thread of its own, and a coroutine
// that is cancelled leaves it behind, to end by itself. At most 64 threads look up at once.
//
// Errors: throws boost::system::system_error: Asio's codes of the resolver, operation_aborted for a
// coroutine that was cancelled. Thread safety: call it on the coroutine's own executor.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace conecta::net {

[[nodiscard]] boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>>
look_up(std::string host, std::uint16_t port);

} // namespace conecta::net
