#pragma once

// Waits for the sockets of one io_context with one epoll instance of its own: a socket is
// registered once, edge-triggered, and a wait costs neither a system call nor memory. Asio's
// async_wait costs an epoll_ctl each time; here it waits only for the instance, once for all that
// became ready meanwhile.
//
// Thread safety: one thread, the one that runs the io_context.

#include "net/readiness.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>

namespace conecta::net {

class poller;
class waiter;

/// What a poller knows of a socket, at an address that stays. Until recv(2) or send(2) has said
/// otherwise, which is for its owner to note, a socket that became ready still is.
struct registration {
  poller& in;
  int socket;
  bool readable = false;
  bool writable = false;
  bool ended = false; ///< by the peer, or broken: there is always that to read
  readiness awaited = readiness::readable;
  waiter* who = nullptr;
};

/// Is told once that what it waits for has come. Its wait ends with it.
class waiter {
 public:
  waiter() = default;
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;

  [[nodiscard]] bool waits() const noexcept { return at_ != nullptr; }
  void stop_waiting() noexcept;

 protected:
  ~waiter() { stop_waiting(); }

 private:
  friend class poller;

  /// Called from the io_context, never from inside await. It may start or end any wait, and destroy
  /// any socket; it does not throw.
  virtual void ready() = 0;

  registration* at_ = nullptr;
};

/// One of an io_context, made when its first socket is.
class poller final : public boost::asio::execution_context::service {
 public:
  using key_type = poller;
  static inline boost::asio::execution_context::id id;

  /// REQUIRES: `of` is an io_context. Throws boost::system::system_error.
  explicit poller(boost::asio::execution_context& of);

  void add(registration& which); ///< throws boost::system::system_error
  /// What was fetched of it is not told any more.
  void remove(registration& which) noexcept;

  /// REQUIRES: nobody else waits for it, and `who` for nothing else.
  void await(registration& which, readiness what, waiter& who);
  void forget(registration& which) noexcept;

 private:
  void shutdown() override;
  void listen();
  void tell_all();

  static constexpr int most_at_once = 128;

  boost::asio::posix::stream_descriptor instance_;
  std::size_t waiting_ = 0;
  bool listening_ = false;
  std::array<epoll_event, most_at_once> fetched_{};
  int fetched_count_ = 0;
  int current_ = 0; ///< of those fetched
};

} // namespace conecta::net
