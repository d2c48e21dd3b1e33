#include "support/plain_socket.hpp"

#include "base/random.hpp"
#include "wire/listener.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace conecta::support {

namespace {

constexpr duration longest_wait = std::chrono::seconds{10};

/// Whether it happens in time.
bool wait_for(int socket, short what, instant deadline) {
  pollfd waiting{socket, what, 0};
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
  return ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
}

} // namespace

instant now() noexcept {
  return std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
}

plain_socket plain_socket::connect_tcp(wire::address const& to) {
  plain_socket made;
  made.socket_ = wire::descriptor{::socket(to.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  wire::disable_nagle(made.get());
  made.error_ = ::connect(made.get(), to.data(), to.size()) == 0 ? 0 : errno;
  return made;
}

plain_socket plain_socket::connect_udp(wire::address const& to) {
  plain_socket made;
  made.socket_ = wire::descriptor{::socket(to.domain(), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  made.error_ = ::connect(made.get(), to.data(), to.size()) == 0 ? 0 : errno;
  return made;
}

plain_socket plain_socket::listen_tcp(wire::family version) {
  auto const where = wire::address::loopback(version);
  plain_socket made;
  made.socket_ = wire::descriptor{::socket(where.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  bool const worked =
      ::bind(made.get(), where.data(), where.size()) == 0 && ::listen(made.get(), SOMAXCONN) == 0;
  made.error_ = worked ? 0 : errno;
  return made;
}

plain_socket plain_socket::accept() const {
  plain_socket made;
  if (!wait_for(get(), POLLIN, now() + longest_wait)) {
    made.error_ = ETIMEDOUT;
    return made;
  }
  made.socket_ = wire::descriptor{::accept4(get(), nullptr, nullptr, SOCK_CLOEXEC)};
  made.error_ = made.socket_ ? 0 : errno;
  return made;
}

int plain_socket::send(std::string_view bytes) const {
  auto const deadline = now() + longest_wait;
  while (!bytes.empty()) {
    auto const size = ::send(get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN) {
      return errno;
    } else if (!wait_for(get(), POLLOUT, deadline)) {
      return ETIMEDOUT;
    }
  }
  return 0;
}

received plain_socket::receive(std::size_t count) const {
  auto const deadline = now() + longest_wait;
  received result;
  std::array<char, 65536> buffer;
  while (result.bytes.size() < count) {
    auto const wanted = std::min(buffer.size(), count - result.bytes.size());
    auto const size = ::recv(get(), buffer.data(), wanted, MSG_DONTWAIT);
    if (size > 0) {
      result.bytes.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (size == 0) {
      result.ended = true;
      break;
    } else if (errno != EAGAIN) {
      result.error = errno;
      break;
    } else if (!wait_for(get(), POLLIN, deadline)) {
      result.error = ETIMEDOUT;
      break;
    }
  }
  return result;
}

received plain_socket::receive_all() const { return receive(std::string::npos); }

received plain_socket::receive_datagram(duration how_long) const {
  received result;
  std::array<char, 65536> buffer;
  if (!wait_for(get(), POLLIN, now() + how_long)) {
    result.error = ETIMEDOUT;
    return result;
  }
  auto const size = ::recv(get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) {
    result.error = errno;
  } else {
    result.bytes.assign(buffer.data(), static_cast<std::size_t>(size));
  }
  return result;
}

std::string plain_socket::ask(std::string_view bytes) const {
  send(bytes);
  return receive(bytes.size()).bytes;
}

void plain_socket::end_sending() const { ::shutdown(get(), SHUT_WR); }

void plain_socket::reset() noexcept { wire::close_with_reset(socket_); }

bool eventually(std::function<bool()> const& condition) {
  auto const deadline = now() + longest_wait;
  while (!condition()) {
    if (now() > deadline) {
      return false;
    }
    ::poll(nullptr, 0, 1);
  }
  return true;
}

std::string varied_bytes(std::size_t count, unsigned seed) {
  random_source source{seed};
  std::string bytes(count, '\0');
  for (auto& each : bytes) {
    each = static_cast<char>(source.next() & 0xffU);
  }
  return bytes;
}

} // namespace conecta::support
