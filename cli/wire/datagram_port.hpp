#pragma once

// A UDP socket whose port stays ours while it is closed to others: connected to itself it gets
// nothing from them, and the kernel tells them that the port is closed.

#include "wire/address.hpp"
#include "wire/descriptor.hpp"

namespace conecta::wire {

class datagram_port {
 public:
  /// On a free port if that of `at` is 0; throws std::system_error. It keeps as much that was not
  /// read yet as the kernel allows.
  explicit datagram_port(address const& at);

  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  [[nodiscard]] address const& where() const noexcept { return where_; }

  /// What has arrived can still be read.
  void shut() noexcept;
  void open() noexcept;
  /// Gives the port back.
  void close() noexcept { socket_.close(); }

 private:
  address where_;
  descriptor socket_;
};

} // namespace conecta::wire
