#pragma once

// An ordinary socket for tests, as any client would use one: every wait has a deadline of 10 s, and
// what the kernel says is handed out as it is.

#include "wire/address.hpp"
#include "wire/descriptor.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace conecta::support {

struct received {
  std::string bytes;
  int error = 0; ///< errno of the call that ended it: 0 for as much as was wanted, or an end
  bool ended = false;
};

class plain_socket {
 public:
  /// `error()` says whether it worked.
  [[nodiscard]] static plain_socket connect_tcp(wire::address const& to);
  [[nodiscard]] static plain_socket connect_udp(wire::address const& to);
  /// A server's side: listens on a free port of loopback.
  [[nodiscard]] static plain_socket listen_tcp(wire::family version = wire::family::ipv4);
  [[nodiscard]] plain_socket accept() const;

  [[nodiscard]] int error() const noexcept { return error_; }
  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  [[nodiscard]] wire::address address() const { return wire::local_address(get()); }

  /// 0, or the errno that stopped it.
  int send(std::string_view bytes) const;
  /// At most `count` bytes: less where the peer ended it, an error came or time ran out
  /// (ETIMEDOUT).
  [[nodiscard]] received receive(std::size_t count) const;
  [[nodiscard]] received receive_all() const;
  [[nodiscard]] received receive_datagram(duration patience = std::chrono::seconds{10}) const;
  /// Sends, and returns as many bytes of answer.
  [[nodiscard]] std::string ask(std::string_view bytes) const;

  void end_sending() const;
  void close() noexcept { socket_.close(); }
  void reset() noexcept;

 private:
  wire::descriptor socket_;
  int error_ = 0;
};

/// Whether it becomes true within 10 s.
[[nodiscard]] bool eventually(std::function<bool()> const& condition);

/// Bytes without a pattern that a buffer's size could hide.
[[nodiscard]] std::string varied_bytes(std::size_t count, unsigned seed = 1);

[[nodiscard]] instant now() noexcept;

} // namespace conecta::support
