#pragma once

// For hooks that have a socket and must not wait longer than they may: those of the endpoints that
// ship (postgres.hpp, mysql.hpp, redis.hpp), and yours.

#include <conecta/endpoint.hpp>

#include <cstdint>

namespace conecta {

enum class socket_event : std::uint8_t { readable, writable };

/// Waits until `socket` can be read or written, or has failed: then what is tried on it says so.
/// False at the deadline of the hook, or as soon as it is asked to stop. Throws std::system_error
/// where there is no descriptor left to wait with. Thread safety: from any thread.
[[nodiscard]] bool wait_for_socket(int socket, socket_event what, hook_context const& until);

/// Whether a socket is as one that rests should be: open, and with nothing to be read. Never waits.
[[nodiscard]] bool socket_is_quiet(int socket) noexcept;

} // namespace conecta
