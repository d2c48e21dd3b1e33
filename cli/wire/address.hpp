#pragma once

// The address of a socket as the kernel knows it: IPv4 or IPv6 and a port, or the path of a Unix
// socket. A value; it resolves no names.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace conecta::wire {

enum class family : std::uint8_t { ipv4, ipv6 };

class address {
 public:
  address() noexcept = default;
  /// Copies what getsockname, accept or a resolver gave.
  address(sockaddr const* given, socklen_t size) noexcept;

  [[nodiscard]] static address loopback(family version = family::ipv4,
                                        std::uint16_t port = 0) noexcept;
  /// A numeric address such as "127.0.0.1" or "::1"; nothing for anything else.
  [[nodiscard]] static std::optional<address> numeric(std::string const& ip, std::uint16_t port);

  /// Nothing for a path that is empty or too long for the kernel.
  [[nodiscard]] static std::optional<address> unix_path(std::string const& path) noexcept;

  [[nodiscard]] sockaddr const* data() const noexcept {
    return reinterpret_cast<sockaddr const*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const noexcept { return size_; }
  [[nodiscard]] int domain() const noexcept { return storage_.ss_family; }
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;
  /// "127.0.0.1:80", "[::1]:80", "/run/server.sock"
  [[nodiscard]] std::string text() const;
  /// Its bytes, for use as a key.
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {reinterpret_cast<char const*>(&storage_), size_};
  }

  bool operator==(address const& other) const noexcept { return bytes() == other.bytes(); }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// The address that a socket is bound to.
[[nodiscard]] address local_address(int socket);

} // namespace conecta::wire
