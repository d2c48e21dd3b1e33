#include <conecta/socket_wait.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace conecta {

namespace {

/// Becomes readable when it is asked to.
class wake_up {
 public:
  wake_up() {
    if (::pipe(ends_) != 0) {
      throw std::system_error{errno, std::generic_category(), "pipe"};
    }
    for (int const each : ends_) {
      ::fcntl(each, F_SETFD, FD_CLOEXEC);
    }
  }
  wake_up(wake_up const&) = delete;
  wake_up& operator=(wake_up const&) = delete;
  ~wake_up() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  [[nodiscard]] int handle() const noexcept { return ends_[0]; }
  void operator()() const noexcept {
    char const any = 1;
    [[maybe_unused]] auto const written = ::write(ends_[1], &any, 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

/// For poll(2): rounded up, so that it does not wake too early; -1 is for ever.
int milliseconds_until(instant deadline) {
  if (deadline == never) {
    return -1;
  }
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  auto const left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds::zero(), longest).count());
}

} // namespace

bool wait_for_socket(int socket, socket_event what, hook_context const& until) {
  wake_up const stop;
  std::stop_callback const calls{until.stop, [&stop] { stop(); }};
  short const events = what == socket_event::readable ? POLLIN : POLLOUT;
  for (;;) {
    pollfd both[] = {{socket, events, 0}, {stop.handle(), POLLIN, 0}};
    auto const count = ::poll(both, 2, milliseconds_until(until.deadline));
    if (count < 0 && errno != EINTR) {
      throw std::system_error{errno, std::generic_category(), "poll"};
    }
    if (until.stop.stop_requested()) {
      return false;
    }
    if (count > 0 && both[0].revents != 0) {
      return true;
    }
    if (std::chrono::steady_clock::now() >= until.deadline) {
      return false;
    }
  }
}

bool socket_is_quiet(int socket) noexcept {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

} // namespace conecta
