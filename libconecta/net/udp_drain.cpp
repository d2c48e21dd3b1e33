#include "net/udp_drain.hpp"

#include <chrono>
#include <sys/socket.h>
#include <utility>

namespace conecta::net {

void udp_drain::take(connection socket) {
  if (waiting_.size() == most_sockets) {
    release_oldest();
  }
  waiting_.push_back({std::move(socket), std::chrono::steady_clock::now() + kept_for});
  if (waiting_.size() == 1) {
    arm();
  }
}

void udp_drain::flush() {
  while (!waiting_.empty()) {
    release_oldest();
  }
  timer_.cancel();
}

void udp_drain::release_oldest() {
  auto& socket = waiting_.front().socket;
  char byte = 0;
  while (::recv(socket.handle(), &byte, 1, MSG_DONTWAIT) >= 0) {
    ++socket.counters().datagrams_stale;
  }
  if (released_) {
    released_(socket);
  }
  waiting_.pop_front();
}

void udp_drain::arm() {
  timer_.expires_at(waiting_.front().until);
  timer_.async_wait([this](boost::system::error_code const& problem) {
    if (problem) {
      return;
    }
    while (!waiting_.empty() && waiting_.front().until <= std::chrono::steady_clock::now()) {
      release_oldest();
    }
    if (!waiting_.empty()) {
      arm();
    }
  });
}

} // namespace conecta::net
