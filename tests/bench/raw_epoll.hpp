#pragma once

// The yardstick: a ping-pong client on bare epoll, with neither pool nor deadline nor measurement.
// Each connection sends, reads the reply and sends again.
//
// Thread safety: runs on the caller's thread.

#include "wire/address.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <string_view>

namespace conecta::bench {

/// Replies a second. `request` comes back as it was sent. Throws std::runtime_error if a connection
/// fails.
[[nodiscard]] double raw_echo_rate(wire::address const& to, std::size_t connections,
                                   std::string_view request, duration length);

} // namespace conecta::bench
