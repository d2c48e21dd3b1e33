#include "net/error_kind.hpp"

#include <conecta/error.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <string>

namespace conecta::net {
namespace {

constexpr std::array<std::string_view, error_kind_count> kind_names = {
    "refused",   "reset",     "closed",    "timeout",  "unreachable", "name",
    "mismatch",  "truncated", "oversized", "fd_limit", "no_port",     "queue_full",
    "cancelled", "stale",     "protocol",  "denied",   "tls",         "other"};

static_assert(kind_names.size() == static_cast<std::size_t>(error_kind::other) + 1);

class failures final : public boost::system::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "conecta.net"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<failure>(value)) {
    case failure::closed:
      return "the peer closed the connection";
    case failure::truncated:
      return "the peer closed within its reply";
    case failure::oversized:
      return "the reply is over 1 MiB";
    case failure::mismatch:
      return "the reply is not the expected one";
    case failure::stale:
      return "unread bytes were waiting on the connection";
    case failure::timeout:
      return "timed out";
    case failure::cancelled:
      return "cancelled";
    }
    return "unknown failure " + std::to_string(value);
  }
};

error_kind kind_of(failure value) noexcept {
  switch (value) {
  case failure::closed:
    return error_kind::closed;
  case failure::truncated:
    return error_kind::truncated;
  case failure::oversized:
    return error_kind::oversized;
  case failure::mismatch:
    return error_kind::mismatch;
  case failure::stale:
    return error_kind::stale;
  case failure::timeout:
    return error_kind::timeout;
  case failure::cancelled:
    return error_kind::cancelled;
  }
  return error_kind::other;
}

error_kind kind_of(errc value) noexcept {
  switch (value) {
  case errc::timed_out:
    return error_kind::timeout;
  case errc::cancelled:
    return error_kind::cancelled;
  case errc::queue_full:
    return error_kind::queue_full;
  case errc::closed:
  case errc::exhausted:
  case errc::open_failed:
  case errc::suspended:
  case errc::not_owned:
    return error_kind::other;
  }
  return error_kind::other;
}

error_kind kind_of_system(int value) noexcept {
  switch (value) {
  case ECONNREFUSED:
    return error_kind::refused;
  case ECONNRESET:
  case ECONNABORTED:
    return error_kind::reset;
  case EPIPE: // the peer's FIN was seen before
  case ESHUTDOWN:
    return error_kind::closed;
  case ETIMEDOUT:
    return error_kind::timeout;
  case ENETUNREACH:
  case EHOSTUNREACH:
  case ENETDOWN:
  case EHOSTDOWN:
  case EAFNOSUPPORT: // a host without IPv6
    return error_kind::unreachable;
  case EMFILE:
  case ENFILE:
    return error_kind::fd_limit;
  case EADDRNOTAVAIL: // every local port is in use
    return error_kind::no_port;
  case EMSGSIZE:
    return error_kind::oversized;
  case ECANCELED:
    return error_kind::cancelled;
  case EACCES: // a firewall's local answer
  case EPERM:
    return error_kind::denied;
  default:
    return error_kind::other;
  }
}

} // namespace

std::string_view name_of(error_kind value) noexcept {
  return kind_names[static_cast<std::size_t>(value)];
}

error_kind classify(error_code const& code) noexcept {
  if (code.category() == failure_category()) {
    return kind_of(static_cast<failure>(code.value()));
  }
  if (code.category() == pool_category()) {
    return kind_of(static_cast<errc>(code.value()));
  }
  if (code.category() == boost::system::system_category() ||
      code.category() == boost::system::generic_category()) {
    return kind_of_system(code.value());
  }
  if (code.category() == boost::asio::error::get_netdb_category() ||
      code.category() == boost::asio::error::get_addrinfo_category()) {
    return error_kind::name;
  }
  return code == boost::asio::error::eof ? error_kind::closed : error_kind::other;
}

boost::system::error_category const& failure_category() noexcept {
  static failures const category;
  return category;
}

error_code make_error_code(failure code) noexcept {
  return {static_cast<int>(code), failure_category()};
}

} // namespace conecta::net
