#pragma once

// The URL of an endpoint: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?QUERY], or a socket's path
// after unix:// and redis+unix://. The scheme says what is spoken there, and the port where none is
// given. Parsing is strict and resolves nothing; what is wrong is said with what was found and what
// is allowed. A value; safe from any thread. Secrets never leave it: to_string masks a password,
// and what stands behind the ? of an HTTP URL.

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::net {

/// tcp stands for every stream, a Unix domain socket's too.
enum class transport : std::uint8_t { tcp, udp };

/// What is spoken over it.
enum class protocol : std::uint8_t {
  none, ///< whatever the caller sends
  amqp,
  dns,
  http,
  memcached,
  mongodb,
  mqtt,
  mysql,
  nats,
  postgres,
  redis,
};

struct endpoint_url {
  std::string scheme = "tcp"; ///< as it was given, in lower case
  transport kind = transport::tcp;
  protocol speaks = protocol::none;
  bool secure = false;       ///< over TLS
  bool names_a_user = false; ///< there is an @, if with nothing before it
  std::string user;
  std::optional<std::string> password;
  std::string host; ///< without brackets: "127.0.0.1", "::1", "fe80::1%eth0", "localhost"
  std::uint16_t port = 0;
  std::string socket_path; ///< of a Unix domain socket, which has neither host nor port
  std::string path;        ///< without its first slash; HTTP: as it was given and with the query
  std::vector<std::pair<std::string, std::string>> query; ///< decoded, in the order given

  /// The value of the first such key.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view key) const noexcept;
  /// "127.0.0.1:80", "[::1]:80"; the path of a socket.
  [[nodiscard]] std::string host_and_port() const;
  /// The URL in its usual form, a password as "***".
  [[nodiscard]] std::string to_string() const;

  bool operator==(endpoint_url const&) const = default;
};

/// Why a text is no URL of an endpoint; without the text itself, which may hold a password.
struct url_error {
  std::string message; ///< ready to follow `"...": `
};
[[noreturn]] void throw_exception_from_error(url_error const& wrong, boost::source_location const&);

enum class schemes : std::uint8_t {
  plain,    ///< tcp and udp
  poolable, ///< of what a pool of connections can hold
  every,
};

/// Hosts (IPv4, [IPv6], names) and ports 1..65535; no fragment. In the query a plus sign is a plus
/// sign. A scheme that is known but not among the `allowed` is refused as not supported yet.
[[nodiscard]] boost::system::result<endpoint_url, url_error>
parse_url(std::string_view text, schemes allowed = schemes::every);

} // namespace conecta::net
