#pragma once

// A thread that hangs up on a server while a client library is inside a call that does not return:
// at a deadline, or once more has come than may.
//
// Thread safety: the socket is open for as long as this lives; `too_much` is called by the thread.

#include <conecta/time.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace conecta::protocol {

class hang_up {
 public:
  hang_up(int socket, instant deadline, std::function<bool()> too_much = {})
      : socket_{socket}, deadline_{deadline}, too_much_{std::move(too_much)} {}

  /// Because more had come than may.
  [[nodiscard]] bool was_for_size() const noexcept { return for_size_; }

 private:
  void watch(std::stop_token const& done) {
    std::unique_lock lock{mutex_};
    for (auto now = std::chrono::steady_clock::now(); now < deadline_ && !for_size_;
         now = std::chrono::steady_clock::now()) {
      auto const next = too_much_ ? std::min(deadline_, now + between_looks) : deadline_;
      over_.wait_until(lock, done, next, [] { return false; });
      if (done.stop_requested()) {
        return;
      }
      for_size_ = too_much_ && too_much_();
    }
    ::shutdown(socket_, SHUT_RDWR);
  }

  static constexpr duration between_looks = std::chrono::milliseconds{1};

  int socket_;
  instant deadline_;
  std::function<bool()> too_much_;
  std::atomic<bool> for_size_ = false;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_{[this](std::stop_token const& done) { watch(done); }};
};

} // namespace conecta::protocol
