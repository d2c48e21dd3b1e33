#include "wire/listener.hpp"

#include <cerrno>
#include <exception>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>

namespace conecta::wire {

namespace {

constexpr duration pause = std::chrono::milliseconds{10};

descriptor bind_reusable(address const& where) {
  descriptor socket{::socket(where.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  int const on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), where.data(), where.size()) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot bind to " + where.text()};
  }
  return socket;
}

} // namespace

listener::listener(event_loop& loop, address const& at, accepted then)
    : loop_{&loop},
      then_{std::move(then)},
      reserve_{bind_reusable(at)},
      where_{local_address(reserve_.get())} {
  listen();
}

void listener::listen() {
  auto socket = bind_reusable(where_);
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot listen on " + where_.text()};
  }
  loop_->watch_reads(socket.get(), *this);
  socket_ = std::move(socket);
}

void listener::open() noexcept {
  if (wanted_ == state::hanging) {
    unplug();
  }
  wanted_ = state::open;
  if (!socket_) {
    on_alarm();
  }
}

void listener::close() noexcept {
  wanted_ = state::closed;
  loop_->disarm(*this);
  socket_.close();
  plug_.close();
}

void listener::hang() noexcept {
  if (wanted_ == state::hanging) {
    return;
  }
  open();
  if (!socket_) {
    return; // too few descriptors: nobody is served anyway, until there are
  }
  on_ready(0);
  wanted_ = state::hanging;
  loop_->disarm(*this);
  loop_->forget(socket_.get());
  // A queue of length 0 holds one connection (see tcp_conn_request in the kernel's tcp_input.c).
  ::listen(socket_.get(), 0);
  plug_ = descriptor{::socket(where_.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  ::connect(plug_.get(), where_.data(), where_.size());
}

void listener::unplug() noexcept {
  ::listen(socket_.get(), SOMAXCONN);
  wanted_ = state::open;
  on_ready(0);
  plug_.close();
  on_alarm();
}

bool listener::is_plug(descriptor const& connection) const {
  if (!plug_) {
    return false;
  }
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  ::getpeername(connection.get(), reinterpret_cast<sockaddr*>(&peer), &size);
  address const from{reinterpret_cast<sockaddr const*>(&peer), size};
  return from.bytes() == local_address(plug_.get()).bytes();
}

void listener::on_ready(std::uint32_t) {
  constexpr int at_once = 64;
  for (int i = 0; i < at_once && socket_; ++i) {
    descriptor connection{::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (connection && is_plug(connection)) {
      continue;
    }
    if (connection) {
      disable_nagle(connection.get());
      try {
        then_(std::move(connection));
      } catch (std::exception const&) {
        // Too little memory for this one; it is closed, the others go on.
      }
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      loop_->forget(socket_.get());
      loop_->arm(*this, loop_->now() + pause);
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void listener::on_alarm() {
  try {
    if (socket_) {
      loop_->watch_reads(socket_.get(), *this);
    } else if (wanted_ == state::open) {
      listen();
    }
  } catch (std::exception const&) {
    loop_->arm(*this, loop_->now() + pause);
  }
}

void close_with_reset(descriptor& socket) noexcept {
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.close();
}

void disable_nagle(int socket) noexcept {
  int const on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

} // namespace conecta::wire
