#pragma once

// An embedded server: it listens on loopback on a free port, unless told otherwise, and runs in a
// thread of its own until it is stopped. It counts what reaches it, so that what a client says can be checked to the unit.
//
// Thread safety: every method may be called from any thread. Memory is bounded for each
// connection: a request over 1 MiB closes it, and one that does not read its replies is not read.

#include "target/target_options.hpp"
#include "wire/address.hpp"

#include <cstdint>
#include <memory>

namespace conecta::target {

struct server_counts {
  std::uint64_t accepted = 0;    ///< connections, those over max_connections included
  std::uint64_t turned_away = 0; ///< of these: closed at once, over max_connections
  std::uint64_t requests = 0;    ///< whole frames, or datagrams
  std::uint64_t replies = 0;     ///< handed to the kernel, or waiting for their time
  std::uint64_t open = 0;        ///< connections at this moment
  bool operator==(server_counts const&) const = default;
};

class server {
 public:
  virtual ~server() = default;
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  [[nodiscard]] virtual wire::address address() const = 0;
  /// Exact once clients are done and stop() has returned; until then it lags behind.
  [[nodiscard]] virtual server_counts counts() const = 0;
  /// Takes in what has arrived, closes everything and joins. The counts stay.
  virtual void stop() = 0;

 protected:
  server() = default;
};

/// Starts what the options describe. Throws std::system_error where no socket can be had, and
/// std::invalid_argument for options that no server can follow.
[[nodiscard]] std::unique_ptr<server> start(target_options const& options,
                                            wire::address const& at = wire::address::loopback());

} // namespace conecta::target
