#pragma once

// Why a server that was reached did not take a session: what it said, as an error code.

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace conecta::net {

enum class session_error : std::uint8_t {
  none,
  denied,         ///< it wants credentials, or rejected those that were given
  other_protocol, ///< it speaks something else
  loading,
  starting,
  stopping,
  no_database,
  blocked, ///< this host, for too many errors
  busy,
  primary_down,
  cluster_down,
  misconfigured,
  saturated,
  not_ready,     ///< it says so in another way
  built_without, ///< this build has no client library for it
};

[[nodiscard]] boost::system::error_code make_error_code(session_error which) noexcept;
[[nodiscard]] bool is_of_session(boost::system::error_code const& code) noexcept;

} // namespace conecta::net

template <>
struct boost::system::is_error_code_enum<conecta::net::session_error> : std::true_type {};
