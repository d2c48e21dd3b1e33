#pragma once

// A Redis of the test's own: a server that was not written here, with counts of its own to compare
// with. Started on a free port, killed with the object.
//
// Thread safety: one thread.

#include "support/plain_socket.hpp"
#include "support/process.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace conecta::cli_test {

struct redis_counts {
  std::uint64_t connections = 0;
  std::uint64_t commands = 0;
};

class redis_server {
 public:
  /// Throws std::runtime_error if it does not come up.
  redis_server();

  [[nodiscard]] wire::address const& address() const noexcept { return address_; }
  /// The process, which a test may stop and kill.
  [[nodiscard]] support::process& process() noexcept { return *server_; }
  /// Since it started, the asking included. Asked over a connection that stays open, so that asking
  /// again costs one command and no connection.
  [[nodiscard]] redis_counts counts();

 private:
  wire::address address_;
  std::unique_ptr<support::process> server_;
  support::plain_socket observer_;
};

} // namespace conecta::cli_test
