#pragma once

// A non-blocking socket that knows when it is ready, plain or through a channel. It moves; who
// waits for it stays where it is.
//
// Thread safety: one thread, the one that runs the io_context; which outlives it.

#include "net/channel.hpp"
#include "net/poller.hpp"

#include <conecta/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <sys/types.h>

namespace conecta::net {

class polled_socket {
 public:
  enum class kind : std::uint8_t {
    stream,
    datagrams,
    borrowed, ///< a client library's, which reads, writes and closes it
  };

  polled_socket() = default; ///< none
  /// Takes `handle` over, connected or about to be, but for one that is borrowed, which outlives
  /// it. Throws boost::system::system_error, and has then closed what it took over.
  polled_socket(boost::asio::any_io_executor const& on, int handle, kind of);
  polled_socket(polled_socket&&) noexcept = default;
  polled_socket& operator=(polled_socket&& other) noexcept;
  ~polled_socket();

  /// All that follows goes through `by`, which was made for this socket.
  void secure(std::unique_ptr<channel> by) noexcept { channel_ = std::move(by); }
  [[nodiscard]] channel* secured_by() const noexcept { return channel_.get(); }
  /// Goes on with the handshake of its channel; when that waits: await.
  [[nodiscard]] channel::progress shake_hands() const noexcept;

  [[nodiscard]] int handle() const noexcept; ///< -1: none

  /// As send(2) and recv(2) have it, never raising SIGPIPE, again where a signal interrupted it.
  [[nodiscard]] ssize_t send(std::string_view bytes) const noexcept;
  [[nodiscard]] ssize_t receive(char* into, std::size_t room) const noexcept;
  /// As receive, but it leaves what it shows.
  [[nodiscard]] ssize_t peek(char* into, std::size_t room) const noexcept;

  /// False: it may be ready already, and nothing is awaited. REQUIRES: nobody else waits for it,
  /// and `who` for nothing else.
  [[nodiscard]] bool await(readiness what, waiter& who) const;

 private:
  ssize_t through_channel(ssize_t count) const noexcept;
  void note_what_channel_wants() const noexcept;
  [[nodiscard]] bool is_now(readiness what) const noexcept;

  kind kind_ = kind::stream;
  std::unique_ptr<registration> known_;
  std::unique_ptr<channel> channel_;
};

/// The same for coroutines: no error once it may be ready, else timed_out, or operation_aborted if
/// the wait was cancelled.
[[nodiscard]] boost::asio::awaitable<boost::system::error_code>
until(polled_socket const& socket, readiness what, instant deadline = never);

} // namespace conecta::net
