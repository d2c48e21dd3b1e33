#include "commands/listening.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <netinet/in.h>
#include <pthread.h>

namespace conecta::command {

namespace {

bool is_loopback(wire::address const& where) {
  if (where.domain() == AF_INET) {
    auto const* const v4 = reinterpret_cast<sockaddr_in const*>(where.data());
    return (ntohl(v4->sin_addr.s_addr) >> 24U) == 127;
  }
  auto const* const v6 = reinterpret_cast<sockaddr_in6 const*>(where.data());
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

} // namespace

std::optional<wire::address> parse_listen(std::string const& text) {
  auto const colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  auto const* const port_begin = text.data() + colon + 1;
  auto const* const port_end = text.data() + text.size();
  std::uint16_t port = 0;
  auto const [end, failed] = std::from_chars(port_begin, port_end, port);
  if (failed != std::errc{} || end != port_end) {
    return std::nullopt;
  }
  if (host == "localhost") {
    return wire::address::loopback(wire::family::ipv4, port);
  }
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  bool const is_v6 = host.find(':') != std::string::npos;
  return bracketed == is_v6 ? wire::address::numeric(host, port) : std::nullopt;
}

void warn_if_exposed(char const* command, wire::address const& where) {
  if (!is_loopback(where)) {
    std::fprintf(stderr, "conecta %s: warning: other machines can reach %s\n", command,
                 where.text().c_str());
  }
}

stop_signal::stop_signal() {
  ::sigemptyset(&waited_for_);
  ::sigaddset(&waited_for_, SIGINT);
  ::sigaddset(&waited_for_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &waited_for_, &before_);
}

stop_signal::~stop_signal() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void stop_signal::wait() {
  int which = 0;
  ::sigwait(&waited_for_, &which);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace conecta::command
