#include "wire/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>
#include <system_error>

namespace conecta::wire {

address::address(sockaddr const* given, socklen_t size) noexcept
    : size_{std::min<socklen_t>(size, sizeof storage_)} {
  std::memcpy(&storage_, given, size_);
}

address address::loopback(family version, std::uint16_t port) noexcept {
  if (version == family::ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return {reinterpret_cast<sockaddr const*>(&v4), sizeof v4};
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  return {reinterpret_cast<sockaddr const*>(&v6), sizeof v6};
}

std::optional<address> address::numeric(std::string const& ip, std::uint16_t port) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return address{reinterpret_cast<sockaddr const*>(&v4), sizeof v4};
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return address{reinterpret_cast<sockaddr const*>(&v6), sizeof v6};
  }
  return std::nullopt;
}

std::optional<address> address::unix_path(std::string const& path) noexcept {
  sockaddr_un made{};
  if (path.empty() || path.size() >= sizeof made.sun_path) {
    return std::nullopt;
  }
  made.sun_family = AF_UNIX;
  path.copy(made.sun_path, path.size());
  return address{reinterpret_cast<sockaddr const*>(&made), sizeof made};
}

bool address::is_loopback() const noexcept {
  if (storage_.ss_family == AF_INET) {
    auto const* v4 = reinterpret_cast<sockaddr_in const*>(&storage_);
    return (ntohl(v4->sin_addr.s_addr) >> 24U) == 127;
  }
  auto const* v6 = reinterpret_cast<sockaddr_in6 const*>(&storage_);
  return storage_.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

std::uint16_t address::port() const noexcept {
  if (storage_.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<sockaddr_in const*>(&storage_)->sin_port);
  }
  if (storage_.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6 const*>(&storage_)->sin6_port);
  }
  return 0;
}

std::string address::text() const {
  std::array<char, INET6_ADDRSTRLEN> ip{};
  if (storage_.ss_family == AF_INET) {
    auto const* v4 = reinterpret_cast<sockaddr_in const*>(&storage_);
    ::inet_ntop(AF_INET, &v4->sin_addr, ip.data(), ip.size());
    return std::string{ip.data()} + ":" + std::to_string(port());
  }
  if (storage_.ss_family == AF_INET6) {
    auto const* v6 = reinterpret_cast<sockaddr_in6 const*>(&storage_);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, ip.data(), ip.size());
    return "[" + std::string{ip.data()} + "]:" + std::to_string(port());
  }
  if (storage_.ss_family == AF_UNIX) {
    return reinterpret_cast<sockaddr_un const*>(&storage_)->sun_path;
  }
  return "no address";
}

address local_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot read a socket's address"};
  }
  return {reinterpret_cast<sockaddr const*>(&storage), size};
}

} // namespace conecta::wire
