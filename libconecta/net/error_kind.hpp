#pragma once

// The kinds of error that reports count by, and which one an error code is. Beside the system's
// codes there are our own (failure), for what no system call reports. Pure; safe from any thread.

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace conecta::net {

using error_code = boost::system::error_code;

/// The names, in this order, are those of a result's `errors[].kind`.
enum class error_kind : std::uint8_t {
  refused,
  reset,
  closed,
  timeout,
  unreachable,
  name,
  mismatch,
  truncated,
  oversized,
  fd_limit,
  no_port,
  queue_full,
  cancelled,
  stale,
  protocol,
  denied,
  tls,
  other,
};

inline constexpr std::size_t error_kind_count = 18;

[[nodiscard]] std::string_view name_of(error_kind value) noexcept;

/// What an error code of Asio, of the system, of a pool or of ours means for a request. An open
/// that failed is best classified by the code it failed with (error::last_open).
[[nodiscard]] error_kind classify(error_code const& code) noexcept;

/// What went wrong in an exchange without any system call having failed.
enum class failure {
  closed = 1, ///< the peer closed before a byte of the reply
  truncated,  ///< the peer closed within the reply
  oversized,  ///< the reply is over max_reply_size
  mismatch,   ///< a whole reply, but not the expected one
  stale,      ///< bytes that nobody asked for were waiting on the connection
  timeout,    ///< the deadline passed
  cancelled,  ///< the caller gave up
};

[[nodiscard]] boost::system::error_category const& failure_category() noexcept;
[[nodiscard]] error_code make_error_code(failure code) noexcept;

} // namespace conecta::net

template <>
struct boost::system::is_error_code_enum<conecta::net::failure> : std::true_type {};
