#include "net/establish.hpp"

#include "net/lookup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace conecta::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

[[noreturn]] void throw_code(error_code code, char const* what) {
  throw boost::system::system_error{code, what};
}

error_code last_error() { return {errno, boost::system::system_category()}; }

/// A cancelled wait means that time is up, unless the deadline has not come yet.
error_code meant_by(error_code code, instant deadline) {
  auto const late = std::chrono::steady_clock::now() >= deadline;
  return code == asio::error::operation_aborted && late ? error_code{asio::error::timed_out} : code;
}

asio::awaitable<error_code> pass(asio::any_io_executor executor, duration time) {
  asio::steady_timer timer{executor};
  timer.expires_after(time);
  auto waiting = timer.async_wait(asio::as_tuple(asio::use_awaitable));
  auto const answer = co_await std::move(waiting);
  co_return std::get<0>(answer);
}

/// What waits for late packets of an old connection from the port is no obstacle to the bind: the
/// connect judges whether it is one.
bool bind_to(int handle, tcp::endpoint const& from, transport kind) {
  if (kind == transport::tcp) {
    int const on = 1;
    ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return ::bind(handle, from.data(), static_cast<socklen_t>(from.size())) == 0;
}

/// Owns a socket until it is connected, or connecting.
struct new_socket {
  int handle = -1;

  new_socket() = default;
  new_socket(new_socket const&) = delete;
  new_socket& operator=(new_socket const&) = delete;
  ~new_socket() { close(); }

  /// A non-blocking one.
  [[nodiscard]] bool open(int family, int type) {
    handle = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return handle >= 0;
  }
  void close() noexcept {
    if (handle >= 0) {
      ::close(std::exchange(handle, -1));
    }
  }
};

/// A non-blocking socket, with the connection under way or made, from an address of this host; the
/// unspecified one is whichever leads there, port 0 whichever is free.
error_code begin_connect(tcp::endpoint const& address, transport kind, tcp::endpoint const& from,
                         new_socket& into) {
  auto const family = address.address().is_v6() ? AF_INET6 : AF_INET;
  if (!into.open(family, kind == transport::tcp ? SOCK_STREAM : SOCK_DGRAM)) {
    return last_error();
  }
  auto const handle = into.handle;
  if (kind == transport::tcp) {
    int const on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  bool const is_bound = from.port() != 0 || !from.address().is_unspecified();
  if (is_bound && !bind_to(handle, from, kind)) {
    return last_error();
  }
  if (::connect(handle, address.data(), static_cast<socklen_t>(address.size())) != 0) {
    return last_error();
  }
  return {};
}

/// None: it is of another family.
std::optional<tcp::endpoint> source_of(tcp::endpoint const& address,
                                       std::optional<asio::ip::address> const& from) {
  if (!from) {
    return tcp::endpoint{address.protocol(), 0};
  }
  return from->is_v6() == address.address().is_v6() ? std::optional{tcp::endpoint{*from, 0}}
                                                    : std::nullopt;
}

/// The same from the first of these ports that is free.
error_code begin_connect_from(std::span<std::uint16_t const> ports, tcp::endpoint const& address,
                              transport kind, tcp::endpoint const& from, new_socket& into) {
  for (auto const port : ports) {
    auto const problem = begin_connect(address, kind, {from.address(), port}, into);
    if (problem != asio::error::address_in_use && problem.value() != EADDRNOTAVAIL) {
      return problem;
    }
    into.close();
  }
  return {EADDRNOTAVAIL, boost::system::system_category()};
}

/// A connect to a closed port of this host can, rarely, be given that very port as its source and
/// then meet itself: TCP's simultaneous open. Nobody listens there.
bool is_connected_to_itself(int handle) {
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  return ::getsockname(handle, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
         ::getpeername(handle, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 &&
         own_size == peer_size && std::memcmp(&own, &peer, own_size) == 0;
}

/// The same to a Unix domain socket. Where its backlog is full, that is said at once.
error_code begin_connect_to_path(std::string const& path, new_socket& into) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (!into.open(AF_UNIX, SOCK_STREAM)) {
    return last_error();
  }
  auto const* const plain = reinterpret_cast<sockaddr const*>(&address);
  return ::connect(into.handle, plain, sizeof address) == 0 ? error_code{} : last_error();
}

polled_socket polled(asio::any_io_executor const& executor, new_socket& made, transport kind) {
  return {executor, std::exchange(made.handle, -1),
          kind == transport::tcp ? polled_socket::kind::stream : polled_socket::kind::datagrams};
}

/// Whether a connect that was under way is so no more, which within this host is at once: who is
/// not waited for cannot be called off between the server's accept and the count of it.
bool has_come_to_its_end(int handle) {
  pollfd made{.fd = handle, .events = POLLOUT, .revents = 0};
  return ::poll(&made, 1, 0) == 1;
}

error_code pending_error(int handle) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(handle, SOL_SOCKET, SO_ERROR, &value, &size) != 0) {
    return last_error();
  }
  return {value, boost::system::system_category()};
}

/// Leaves those of the family; throws where there is none.
void require_family(std::vector<tcp::endpoint>& found, address_family only) {
  if (only != address_family::any) {
    std::erase_if(found, [only](tcp::endpoint const& each) {
      return each.address().is_v6() != (only == address_family::ipv6);
    });
  }
  if (found.empty()) {
    throw_code(asio::error::host_not_found, "resolve");
  }
}

tcp::endpoint own_address(polled_socket const& socket) {
  tcp::endpoint own;
  auto size = static_cast<socklen_t>(own.capacity());
  if (::getsockname(socket.handle(), own.data(), &size) == 0) {
    own.resize(size);
  }
  return own;
}

/// A new connection takes so little at once.
error_code announce(polled_socket const& socket, std::string const& header) {
  if (header.empty()) {
    return {};
  }
  auto const sent = socket.send(header);
  return sent < 0 ? last_error() : error_code{};
}

/// The handshake, as a client who verifies the name that was asked for.
asio::awaitable<error_code> secure(polled_socket& socket, endpoint_url const& to,
                                   tls_options const* wanted) {
  auto options = wanted != nullptr ? *wanted : tls_options{};
  if (options.server_name.empty()) {
    options.server_name = to.host.substr(0, to.host.find('%'));
  }
  auto problem = tls_problem::none;
  socket.secure(open_tls(socket.handle(), options, problem));
  if (socket.secured_by() == nullptr) {
    co_return problem;
  }
  for (auto now = socket.shake_hands(); now != channel::progress::done;
       now = socket.shake_hands()) {
    if (now == channel::progress::failed) {
      auto const of_system = last_error();
      problem = socket.secured_by()->problem();
      co_return problem != tls_problem::none ? error_code{problem} : of_system;
    }
    auto waiting = until(socket, readiness::readable);
    auto const stopped = co_await std::move(waiting);
    if (stopped) {
      co_return stopped;
    }
  }
  co_return error_code{};
}

} // namespace

std::string text_of(tcp::endpoint const& address) {
  auto const host = address.address().to_string();
  auto const shown = address.address().is_v6() ? "[" + host + "]" : host;
  return shown + ":" + std::to_string(address.port());
}

asio::awaitable<std::vector<tcp::endpoint>>
addresses_of(asio::any_io_executor executor, endpoint_url to, instant deadline, dial_options how) {
  std::vector<tcp::endpoint> found;
  if (how.at) {
    found.emplace_back(*how.at, to.port);
    co_return found;
  }
  error_code not_numeric;
  auto const numeric = asio::ip::make_address(to.host, not_numeric);
  if (!not_numeric) {
    found.emplace_back(numeric, to.port);
    require_family(found, how.only);
    co_return found;
  }
  auto const ruled = how.rules != nullptr ? how.rules->next_lookup() : dial_rules::lookup{};
  if (auto const* const other = std::get_if<dial_rules::other_address>(&ruled)) {
    found.emplace_back(other->address, to.port);
    co_return found;
  }
  error_code problem;
  if (std::holds_alternative<dial_rules::no_such_name>(ruled)) {
    problem = asio::error::host_not_found;
  }
  if (auto const* const late = std::get_if<dial_rules::look_up_later>(&ruled)) {
    auto passing = pass(executor, late->delay);
    problem = co_await std::move(passing);
  }
  if (!problem) {
    try {
      auto looking = look_up(to.host, to.port);
      found = co_await std::move(looking);
    } catch (boost::system::system_error const& thrown) {
      problem = thrown.code();
    }
  }
  if (problem) {
    throw_code(meant_by(problem, deadline), "resolve");
  }
  require_family(found, how.only);
  co_return found;
}

asio::awaitable<connection> establish(asio::any_io_executor executor, endpoint_url to,
                                      wire_counters& counters, instant deadline, dial_options how) {
  establishment unseen;
  auto& seen = how.notes != nullptr ? *how.notes : unseen;
  auto const started = std::chrono::steady_clock::now();
  if (!to.socket_path.empty()) {
    seen.address = to.socket_path;
    new_socket made;
    auto const refused = begin_connect_to_path(to.socket_path, made);
    seen.connecting = std::chrono::steady_clock::now() - started;
    if (refused) {
      throw_code(refused, "connect");
    }
    polled_socket socket = polled(executor, made, to.kind);
    if (auto const failed = announce(socket, proxy_header_without_addresses(how.announces))) {
      throw_code(failed, "send");
    }
    ++counters.connections_established;
    co_return connection{to.kind, std::move(socket), counters};
  }
  auto resolving = addresses_of(executor, to, deadline, how);
  std::vector<tcp::endpoint> const addresses = co_await std::move(resolving);
  auto const resolved = std::chrono::steady_clock::now();
  seen.resolving = resolved - started;

  error_code problem = asio::error::host_not_found;
  for (auto const& address : addresses) {
    auto const from = source_of(address, how.from);
    if (!from) { // as if the host had no such address
      continue;
    }
    seen.address = text_of(address);
    new_socket made;
    auto const ports = how.rules != nullptr ? how.rules->next_ports() : std::nullopt;
    problem = ports ? begin_connect_from(*ports, address, to.kind, *from, made)
                    : begin_connect(address, to.kind, *from, made);
    bool const under_way = problem == boost::system::errc::operation_in_progress;
    polled_socket socket;
    if (!problem || under_way) {
      socket = polled(executor, made, to.kind);
    }
    if (under_way) {
      problem = {};
      if (!has_come_to_its_end(socket.handle())) {
        auto const patience = how.connect_within.value_or(never - instant{});
        auto const give_up = saturating_add(std::chrono::steady_clock::now(), patience);
        auto connecting = until(socket, readiness::writable, give_up);
        problem = co_await std::move(connecting);
      }
      if (!problem) {
        problem = pending_error(socket.handle());
      }
    }
    seen.connecting = std::chrono::steady_clock::now() - resolved;
    if (problem == asio::error::operation_aborted) {
      break;
    }
    if (!problem && is_connected_to_itself(socket.handle())) {
      problem = asio::error::connection_refused;
    }
    if (!problem && to.kind == transport::tcp) {
      problem = announce(socket, proxy_header(how.announces, own_address(socket), address));
    }
    if (!problem && to.secure) {
      auto securing = secure(socket, to, how.tls);
      problem = co_await std::move(securing);
      if (!problem) {
        seen.securing = std::chrono::steady_clock::now() - resolved - seen.connecting;
        seen.expires = socket.secured_by()->expires();
      } else if (is_of_tls(problem)) {
        break; // somebody was reached
      }
    }
    if (!problem) {
      ++counters.connections_established;
      co_return connection{to.kind, std::move(socket), counters};
    }
  }
  throw_code(meant_by(problem, deadline), "connect");
}

} // namespace conecta::net
