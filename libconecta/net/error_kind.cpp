#include "net/error_kind.hpp"

#include "net/channel.hpp"
#include "net/session_error.hpp"

#include <conecta/error.hpp>

#include <boost/asio/error.hpp>

#include <array>

namespace conecta::net {
namespace {

constexpr std::array<std::string_view, error_kind_count> kind_names = {
    "refused",   "reset",     "closed",    "timeout",  "unreachable", "name",
    "mismatch",  "truncated", "oversized", "fd_limit", "no_port",     "queue_full",
    "cancelled", "stale",     "protocol",  "denied",   "tls",         "other"};

static_assert(kind_names.size() == static_cast<std::size_t>(error_kind::other) + 1);

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
  case ENOENT: // no socket at that path
    return error_kind::refused;
  case ECONNRESET:
  case ECONNABORTED:
    return error_kind::reset;
  case EPIPE: // the peer's FIN was seen before
  case ESHUTDOWN:
    return error_kind::closed;
  case ETIMEDOUT:
  case EAGAIN: // a Unix domain socket whose backlog is full
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
  case EPROTO: // what came in the channel makes no sense
    return error_kind::tls;
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
  if (is_of_session(code)) {
    return code == session_error::denied ? error_kind::denied : error_kind::protocol;
  }
  if (is_of_tls(code)) {
    return code == tls_problem::not_tls ? error_kind::protocol : error_kind::tls;
  }
  return code == boost::asio::error::eof ? error_kind::closed : error_kind::other;
}

} // namespace conecta::net
