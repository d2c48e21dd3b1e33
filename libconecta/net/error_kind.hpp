#pragma once

// The kinds of error that reports count by, and which one an error code is. Pure; safe from any
// thread.

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

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

/// What an error code of Asio, of the system or of a pool means for a request. An open that
/// failed is best classified by the code it failed with (error::last_open).
[[nodiscard]] error_kind classify(error_code const& code) noexcept;

} // namespace conecta::net
