#include "fault/upstream.hpp"

#include <memory>
#include <netdb.h>
#include <string>

namespace conecta::fault {

wire::address resolve(net::endpoint_url const& url) {
  if (!url.socket_path.empty()) {
    return wire::address::unix_path(url.socket_path).value();
  }
  if (auto const numeric = wire::address::numeric(url.host, url.port)) {
    return *numeric;
  }
  addrinfo hints{};
  hints.ai_socktype = url.kind == net::transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (auto const problem =
          ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found)) {
    throw unknown_host{"cannot resolve " + url.host + ": " + ::gai_strerror(problem)};
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned{found, &::freeaddrinfo};
  return {owned->ai_addr, owned->ai_addrlen};
}

} // namespace conecta::fault
