#pragma once

// How the thread tests wait without sleeping: a gate that holds hooks back until the test opens it,
// and a condition that other threads bring about. Thread safety: all of it may be called from any
// thread. A condition that never comes fails the test after 20 s instead of hanging it.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace conecta::test {

class gate {
 public:
  void open() {
    std::lock_guard const lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

  void wait() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return open_; });
  }

  /// What a well-behaved hook does. Whether the gate opened before a stop was requested.
  bool wait(std::stop_token const& stop) {
    std::unique_lock lock{mutex_};
    return changed_.wait(lock, stop, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
};

template <class Condition>
void until(Condition const& holds) {
  auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error{"waited 20 s for something that did not happen"};
    }
    std::this_thread::yield();
  }
}

} // namespace conecta::test
