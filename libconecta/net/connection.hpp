#pragma once

// One connected socket, TCP or UDP, as the resource that a pool holds. Nothing of it blocks.
//
// Thread safety: one thread at a time. The counters that it is given outlive it and are shared only
// with connections of the same thread.

#include "net/client_session.hpp"
#include "net/polled_socket.hpp"
#include "net/url.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace conecta::net {

/// Counted at the sockets. Not for several threads at once.
struct wire_counters {
  std::uint64_t connections_established = 0; ///< TCP connections, and UDP sockets that were made
  std::uint64_t requests_sent = 0;
  std::uint64_t checks_sent = 0;
  std::uint64_t replies_received = 0;
  std::uint64_t datagrams_stale = 0; ///< replies that came when nobody waited for them any more
};

class connection {
 public:
  connection(transport kind, polled_socket socket, wire_counters& counters)
      : kind_{kind}, socket_{std::move(socket)}, counters_{&counters} {}
  /// Of an open session of a client library: its socket is borrowed.
  connection(boost::asio::any_io_executor const& on, std::unique_ptr<client_session> session,
             wire_counters& counters)
      : kind_{transport::tcp},
        session_{std::move(session)},
        socket_{on, session_->socket(), polled_socket::kind::borrowed},
        counters_{&counters} {}
  connection(connection&&) noexcept = default;
  connection& operator=(connection&&) = delete;

  enum class look : std::uint8_t {
    quiet,        ///< open, as far as can be known without asking, and nothing to read
    unread_bytes, ///< the peer sent what nobody asked for
    closed,       ///< the peer closed
    broken,       ///< errno says how, until the next call
  };
  /// Looks without sending or taking anything; never waits.
  [[nodiscard]] look look_at() const noexcept;

  /// False once an exchange failed: what comes next on it could belong to that one.
  [[nodiscard]] bool usable() const noexcept { return usable_; }
  void mark_unusable() noexcept { usable_ = false; }

  /// Whether an exchange ever began on it.
  [[nodiscard]] bool used() const noexcept { return used_; }
  void mark_used() noexcept { used_ = true; }

  [[nodiscard]] transport kind() const noexcept { return kind_; }
  /// What it is asked through; null: by its socket.
  [[nodiscard]] client_session* session() const noexcept { return session_.get(); }
  [[nodiscard]] polled_socket const& socket() const noexcept { return socket_; }
  [[nodiscard]] int handle() const noexcept { return socket_.handle(); }
  [[nodiscard]] wire_counters& counters() const noexcept { return *counters_; }

 private:
  transport kind_;
  bool usable_ = true;
  bool used_ = false;
  std::unique_ptr<client_session> session_; ///< goes after its socket is not watched any more
  polled_socket socket_;
  wire_counters* counters_;
};

} // namespace conecta::net
