#pragma once

// An event loop and the thread that runs it. The thread takes no signals, and its timers are not
// rounded (PR_SET_TIMERSLACK 1).
//
// What runs on the loop is set up before start(), and may be taken down after stop().

#include "wire/event_loop.hpp"

#include <functional>
#include <thread>

namespace conecta::wire {

class loop_thread {
 public:
  loop_thread() = default;
  ~loop_thread() { stop(); }
  loop_thread(loop_thread const&) = delete;
  loop_thread& operator=(loop_thread const&) = delete;

  [[nodiscard]] event_loop& loop() noexcept { return loop_; }
  /// `name` is shown by debuggers and top; at most 15 bytes. Throws std::system_error.
  void start(char const* name);
  /// Runs `task` on the thread, between two of its rounds, and returns when it has; here, while no
  /// thread runs. Not for the thread itself.
  void call(std::function<void()> const& task);
  /// Returns when the thread has ended; the loop takes in first what has arrived.
  void stop();

 private:
  event_loop loop_;
  std::thread thread_;
};

} // namespace conecta::wire
