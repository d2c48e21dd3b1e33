#include "bench/raw_epoll.hpp"

#include "wire/descriptor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <vector>

namespace conecta::bench {

namespace {

wire::descriptor connected(wire::address const& to) {
  wire::descriptor socket{::socket(to.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int const on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!socket || ::connect(socket.get(), to.data(), to.size()) != 0) {
    throw std::runtime_error{"the raw client cannot connect"};
  }
  return socket;
}

void send_all(int socket, std::string_view request) {
  auto const sent = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) {
    throw std::runtime_error{"the raw client cannot send"};
  }
}

} // namespace

double raw_echo_rate(wire::address const& to, std::size_t connections, std::string_view request,
                     duration length) {
  wire::descriptor const queue{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<wire::descriptor> sockets;
  std::vector<std::size_t> missing(connections, request.size());
  for (std::size_t index = 0; index < connections; ++index) {
    sockets.push_back(connected(to));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = index;
    ::epoll_ctl(queue.get(), EPOLL_CTL_ADD, sockets.back().get(), &wanted);
  }
  auto const began = std::chrono::steady_clock::now();
  for (auto const& socket : sockets) {
    send_all(socket.get(), request);
  }
  std::uint64_t replies = 0;
  std::array<epoll_event, 128> ready{};
  std::array<char, 16 * 1024> buffer{};
  auto now = began;
  while (now - began < length) {
    auto const count = ::epoll_wait(queue.get(), ready.data(), static_cast<int>(ready.size()), 100);
    for (int each = 0; each < count; ++each) {
      auto const index = ready[static_cast<std::size_t>(each)].data.u64;
      auto const received = ::recv(sockets[index].get(), buffer.data(), buffer.size(), 0);
      if (received <= 0 || static_cast<std::size_t>(received) > missing[index]) {
        throw std::runtime_error{"the raw client got no echo"};
      }
      missing[index] -= static_cast<std::size_t>(received);
      if (missing[index] == 0) {
        ++replies;
        missing[index] = request.size();
        send_all(sockets[index].get(), request);
      }
    }
    now = std::chrono::steady_clock::now();
  }
  return static_cast<double>(replies) / std::chrono::duration<double>(now - began).count();
}

} // namespace conecta::bench
