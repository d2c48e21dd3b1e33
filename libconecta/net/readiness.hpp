#pragma once

#include <cstdint>

namespace conecta::net {

/// What is waited for at a socket.
enum class readiness : std::uint8_t { readable, writable };

} // namespace conecta::net
