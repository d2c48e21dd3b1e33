#pragma once

// Where a UDP socket goes after a request on it got no answer: it stays bound for 2 s, so that the
// late reply finds its own socket and never one that a later request uses. At most 1,024 sockets; a
// further one pushes the oldest out. They are outside of any pool's max_size.
//
// Thread safety: one thread.

#include "net/connection.hpp"

#include <conecta/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace conecta::net {

class udp_drain {
 public:
  static constexpr std::size_t most_sockets = 1024;
  static constexpr duration kept_for = std::chrono::seconds{2};

  using farewell = std::function<void(connection const&)>;

  /// `released` is told of each socket just before it is closed.
  explicit udp_drain(boost::asio::any_io_executor executor, farewell released = {})
      : timer_{std::move(executor)}, released_{std::move(released)} {}

  void take(connection socket);
  /// Counts what has arrived and closes all of them now.
  void flush();

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

 private:
  struct entry {
    connection socket;
    instant until;
  };

  void release_oldest();
  void arm();

  boost::asio::steady_timer timer_;
  farewell released_;
  std::deque<entry> waiting_;
};

} // namespace conecta::net
