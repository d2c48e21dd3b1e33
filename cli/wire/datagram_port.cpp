#include "wire/datagram_port.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <system_error>

namespace conecta::wire {

namespace {

descriptor datagram_socket(address const& where) {
  return descriptor{::socket(where.domain(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

void bind(descriptor const& socket, address const& where) {
  if (!socket || ::bind(socket.get(), where.data(), where.size()) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot bind to " + where.text()};
  }
}

void share_port(descriptor const& socket, int on) noexcept {
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

} // namespace

datagram_port::datagram_port(address const& at) {
  // Bound by number, which a free port is not: only then it stays bound when it is disconnected.
  auto const first = datagram_socket(at);
  bind(first, at);
  where_ = local_address(first.get());
  socket_ = datagram_socket(at);
  share_port(first, 1);
  share_port(socket_, 1);
  bind(socket_, where_);
  share_port(socket_, 0); // with nobody else
  int const room = 4 << 20; // the kernel grants what it may
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

void datagram_port::shut() noexcept { ::connect(socket_.get(), where_.data(), where_.size()); }

void datagram_port::open() noexcept {
  sockaddr const nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  ::connect(socket_.get(), &nobody, sizeof nobody);
}

} // namespace conecta::wire
