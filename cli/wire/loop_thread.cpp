#include "wire/loop_thread.hpp"

#include <csignal>
#include <future>
#include <memory>
#include <pthread.h>
#include <sys/prctl.h>

namespace conecta::wire {

void loop_thread::start(char const* name) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // inherited by the thread
  try {
    thread_ = std::thread{[this, name] {
      pthread_setname_np(pthread_self(), name);
      ::prctl(PR_SET_TIMERSLACK, 1UL);
      loop_.run();
    }};
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void loop_thread::call(std::function<void()> const& task) {
  if (!thread_.joinable()) {
    task();
    return;
  }
  // Shared: who waits may be gone before the one that wakes it has finished.
  auto const done = std::make_shared<std::promise<void>>();
  auto const over = done->get_future();
  loop_.post([&task, done] {
    task();
    done->set_value();
  });
  over.wait();
}

void loop_thread::stop() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
}

} // namespace conecta::wire
