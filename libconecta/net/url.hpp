#pragma once

// The URL of an endpoint: tcp://host:port or udp://host:port, with an optional query. Parsing is
// strict and resolves nothing; what is wrong is said with what was found and what is allowed.
// A value; safe from any thread. Passwords never leave it: to_string masks them.

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::net {

enum class scheme : std::uint8_t { tcp, udp };

[[nodiscard]] std::string_view name_of(scheme value) noexcept;

struct endpoint_url {
  scheme kind = scheme::tcp;
  std::string user;
  std::optional<std::string> password;
  std::string host; ///< without brackets: "127.0.0.1", "::1", "fe80::1%eth0", "localhost"
  std::uint16_t port = 0;
  std::vector<std::pair<std::string, std::string>> query; ///< decoded, in the order given

  /// The value of the first such key.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view key) const noexcept;
  /// "127.0.0.1:80", "[::1]:80"
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

/// Schemes, hosts (IPv4, [IPv6], names) and ports 1..65535; no path, no fragment. In the query a
/// plus sign is a plus sign.
[[nodiscard]] boost::system::result<endpoint_url, url_error> parse_url(std::string_view text);

} // namespace conecta::net
