#pragma once

// Every scheme of an endpoint's URL: how its bytes travel, what is spoken, its usual port, and what
// may follow the place. For url.cpp.

#include "net/url.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace conecta::net {

/// What may follow the place.
enum class path_use : std::uint8_t {
  none,
  name,   ///< a database, a virtual host
  target, ///< of HTTP, with its query
};

/// How the bytes travel.
enum class way : std::uint8_t { over_tcp, over_tls, over_udp, socket_path };

struct scheme_row {
  std::string_view name;
  way by;
  protocol speaks;
  std::uint16_t port; ///< where none is given; 0: it must be given
  path_use path;
};

inline constexpr std::array scheme_rows{
    scheme_row{"tcp", way::over_tcp, protocol::none, 0, path_use::none},
    scheme_row{"tls", way::over_tls, protocol::none, 0, path_use::none},
    scheme_row{"udp", way::over_udp, protocol::none, 0, path_use::none},
    scheme_row{"unix", way::socket_path, protocol::none, 0, path_use::none},
    scheme_row{"amqp", way::over_tcp, protocol::amqp, 5672, path_use::name},
    scheme_row{"amqps", way::over_tls, protocol::amqp, 5671, path_use::name},
    scheme_row{"dns", way::over_udp, protocol::dns, 53, path_use::name},
    scheme_row{"http", way::over_tcp, protocol::http, 80, path_use::target},
    scheme_row{"https", way::over_tls, protocol::http, 443, path_use::target},
    scheme_row{"memcached", way::over_tcp, protocol::memcached, 11211, path_use::none},
    scheme_row{"mongodb", way::over_tcp, protocol::mongodb, 27017, path_use::name},
    scheme_row{"mqtt", way::over_tcp, protocol::mqtt, 1883, path_use::none},
    scheme_row{"mqtts", way::over_tls, protocol::mqtt, 8883, path_use::none},
    scheme_row{"mysql", way::over_tcp, protocol::mysql, 3306, path_use::name},
    scheme_row{"nats", way::over_tcp, protocol::nats, 4222, path_use::none},
    scheme_row{"postgres", way::over_tcp, protocol::postgres, 5432, path_use::name},
    scheme_row{"postgresql", way::over_tcp, protocol::postgres, 5432, path_use::name},
    scheme_row{"redis", way::over_tcp, protocol::redis, 6379, path_use::name},
    scheme_row{"rediss", way::over_tls, protocol::redis, 6379, path_use::name},
    scheme_row{"redis+unix", way::socket_path, protocol::redis, 0, path_use::none},
};
/// Known, and not supported yet.
inline constexpr std::array<std::string_view, 1> later_schemes{"target"};

} // namespace conecta::net
