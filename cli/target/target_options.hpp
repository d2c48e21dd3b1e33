#pragma once

// How an embedded server behaves, as a scenario describes it. Pure data.

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace conecta::target {

enum class target_kind : std::uint8_t {
  tcp_echo,
  udp_echo,
  http,
  memcached,
  mysql,
  postgres,
  redis,
};

struct line_frames { ///< a request ends with a line feed
  bool operator==(line_frames const&) const = default;
};
struct byte_frames { ///< a request has this many bytes
  std::size_t count = 0;
  bool operator==(byte_frames const&) const = default;
};

struct target_options {
  target_kind kind = target_kind::tcp_echo;
  std::variant<line_frames, byte_frames> frame = {}; ///< TCP; on UDP a datagram is a request
  std::optional<std::string> reply = {}; ///< none: the request itself, or the protocol's own
  duration reply_delay{};
  std::optional<std::size_t> max_connections = {}; ///< TCP: one more is accepted and closed at once
  std::optional<duration> idle_disconnect = {}; ///< TCP: a connection silent for so long is closed
  std::optional<std::size_t> close_after = {};  ///< TCP: closes after so many replies

  bool operator==(target_options const&) const = default;
};

[[nodiscard]] constexpr char const* name_of(target_kind kind) noexcept {
  switch (kind) {
  case target_kind::tcp_echo:
    return "tcp-echo";
  case target_kind::udp_echo:
    return "udp-echo";
  case target_kind::http:
    return "http";
  case target_kind::memcached:
    return "memcached";
  case target_kind::mysql:
    return "mysql";
  case target_kind::postgres:
    return "postgres";
  case target_kind::redis:
    return "redis";
  }
  return "unknown";
}

/// Of its URL.
[[nodiscard]] constexpr char const* scheme_of(target_kind kind) noexcept {
  switch (kind) {
  case target_kind::tcp_echo:
    return "tcp";
  case target_kind::udp_echo:
    return "udp";
  case target_kind::http:
  case target_kind::memcached:
  case target_kind::mysql:
  case target_kind::postgres:
  case target_kind::redis:
    break;
  }
  return name_of(kind);
}

} // namespace conecta::target
