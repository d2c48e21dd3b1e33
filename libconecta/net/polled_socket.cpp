#include "net/polled_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace conecta::net {

namespace asio = boost::asio;

namespace {

template <class Call>
ssize_t uninterrupted(Call const& call) {
  for (;;) {
    auto const count = call();
    if (count >= 0 || errno != EINTR) {
      return count;
    }
  }
}

} // namespace

polled_socket::polled_socket(asio::any_io_executor const& on, int handle, kind of) : kind_{of} {
  try {
    auto& in = asio::use_service<poller>(asio::query(on, asio::execution::context));
    known_.reset(new registration{.in = in, .socket = handle});
    in.add(*known_);
  } catch (...) {
    if (of != kind::borrowed) {
      ::close(handle);
    }
    throw;
  }
}

polled_socket& polled_socket::operator=(polled_socket&& other) noexcept {
  std::swap(kind_, other.kind_);
  std::swap(known_, other.known_);
  std::swap(channel_, other.channel_);
  return *this;
}

polled_socket::~polled_socket() {
  if (known_ == nullptr) {
    return;
  }
  if (channel_ != nullptr) {
    channel_->say_goodbye();
  }
  known_->in.remove(*known_);
  if (kind_ != kind::borrowed) {
    ::close(known_->socket);
  }
}

int polled_socket::handle() const noexcept { return known_ != nullptr ? known_->socket : -1; }

ssize_t polled_socket::send(std::string_view bytes) const noexcept {
  if (channel_ != nullptr) {
    return through_channel(channel_->send(bytes));
  }
  auto const count = uninterrupted(
      [&] { return ::send(known_->socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  known_->writable = count >= 0 || errno != EAGAIN;
  return count;
}

// A read that left room took all that a stream had; after a datagram there may be another.
ssize_t polled_socket::receive(char* into, std::size_t room) const noexcept {
  if (channel_ != nullptr) {
    return through_channel(channel_->receive(into, room));
  }
  auto const count =
      uninterrupted([&] { return ::recv(known_->socket, into, room, MSG_DONTWAIT); });
  bool const took_all =
      count < 0 ? errno == EAGAIN
                : kind_ == kind::stream && !known_->ended && static_cast<std::size_t>(count) < room;
  known_->readable = !took_all;
  return count;
}

ssize_t polled_socket::peek(char* into, std::size_t room) const noexcept {
  if (channel_ != nullptr) {
    return through_channel(channel_->peek(into, room));
  }
  return uninterrupted([&] { return ::recv(known_->socket, into, room, MSG_PEEK | MSG_DONTWAIT); });
}

channel::progress polled_socket::shake_hands() const noexcept {
  auto const how = channel_->shake_hands();
  if (how == channel::progress::waits) {
    note_what_channel_wants();
  }
  return how;
}

ssize_t polled_socket::through_channel(ssize_t count) const noexcept {
  if (count < 0 && errno == EAGAIN) {
    note_what_channel_wants();
  }
  return count;
}

/// Its socket said that it has not.
void polled_socket::note_what_channel_wants() const noexcept {
  (channel_->wanted() == readiness::readable ? known_->readable : known_->writable) = false;
}

/// Asks the kernel: whoever else reads may have left something, of which there is no news.
bool polled_socket::is_now(readiness what) const noexcept {
  pollfd asked{.fd = known_->socket,
               .events = what == readiness::readable ? static_cast<short>(POLLIN)
                                                     : static_cast<short>(POLLOUT),
               .revents = 0};
  return ::poll(&asked, 1, 0) == 1;
}

bool polled_socket::await(readiness what, waiter& who) const {
  if (kind_ == kind::borrowed) {
    (what == readiness::readable ? known_->readable : known_->writable) = is_now(what);
  }
  if (channel_ != nullptr) {
    if (what == readiness::readable && channel_->holds_bytes()) {
      return false;
    }
    what = channel_->wanted();
  }
  if (what == readiness::readable ? known_->readable : known_->writable) {
    return false;
  }
  known_->in.await(*known_, what, who);
  return true;
}

namespace {

/// Wakes a coroutine before its time.
class alarm_clock final : public waiter {
 public:
  alarm_clock(asio::any_io_executor const& on, instant due) : timer_{on, due} {}

  asio::steady_timer& timer() noexcept { return timer_; }
  [[nodiscard]] bool rung() const noexcept { return rung_; }

 private:
  void ready() override {
    rung_ = true;
    timer_.cancel();
  }

  asio::steady_timer timer_;
  bool rung_ = false;
};

} // namespace

asio::awaitable<boost::system::error_code> until(polled_socket const& socket, readiness what,
                                                 instant deadline) {
  auto const executor = co_await asio::this_coro::executor;
  alarm_clock clock{executor, deadline};
  boost::system::error_code how;
  if (socket.await(what, clock)) {
    auto sleeping = clock.timer().async_wait(asio::as_tuple(asio::use_awaitable));
    auto const woken = co_await std::move(sleeping);
    if (!clock.rung()) {
      how = std::get<0>(woken) ? std::get<0>(woken) : asio::error::timed_out;
    }
  }
  co_return how;
}

} // namespace conecta::net
