#pragma once

// std::mutex with the annotations that clang's -Wthread-safety understands. Members guarded by one
// say so with CONECTA_GUARDED_BY, and a forgotten lock does not compile.

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define CONECTA_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CONECTA_THREAD_ANNOTATION(x)
#endif
#define CONECTA_GUARDED_BY(x) CONECTA_THREAD_ANNOTATION(guarded_by(x))
#define CONECTA_REQUIRES(x) CONECTA_THREAD_ANNOTATION(requires_capability(x))

namespace conecta {

/// What a processor does while it waits for another one, so that this costs the other nothing.
inline void rest_for_a_moment() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class CONECTA_THREAD_ANNOTATION(capability("mutex")) mutex {
  friend class condition;

 public:
  mutex() = default;
  /// Who waits looks so often whether it is free before it goes to sleep.
  explicit mutex(unsigned looks) : looks_{looks} {}

  void lock() CONECTA_THREAD_ANNOTATION(acquire_capability()) {
    for (unsigned look = 0; look < looks_; ++look) {
      if (mutex_.try_lock()) {
        return;
      }
      rest_for_a_moment();
    }
    mutex_.lock();
  }
  void unlock() CONECTA_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
  unsigned const looks_ = 0;
};

class CONECTA_THREAD_ANNOTATION(scoped_lockable) scoped_lock {
 public:
  explicit scoped_lock(mutex& held) CONECTA_THREAD_ANNOTATION(acquire_capability(held))
      : held_{held} {
    held_.lock();
  }
  ~scoped_lock() CONECTA_THREAD_ANNOTATION(release_capability()) { held_.unlock(); }
  scoped_lock(scoped_lock const&) = delete;
  scoped_lock& operator=(scoped_lock const&) = delete;

 private:
  mutex& held_;
};

/// Waits with a `mutex` that the caller holds. Unlike std::condition_variable_any, it needs no
/// memory.
class condition {
 public:
  void notify_one() noexcept { changed_.notify_one(); }
  void notify_all() noexcept { changed_.notify_all(); }

  void wait(mutex& held) CONECTA_REQUIRES(held) {
    std::unique_lock lock{held.mutex_, std::adopt_lock};
    changed_.wait(lock);
    lock.release();
  }
  template <class Time>
  void wait_until(mutex& held, Time const& when) CONECTA_REQUIRES(held) {
    std::unique_lock lock{held.mutex_, std::adopt_lock};
    changed_.wait_until(lock, when);
    lock.release();
  }

 private:
  std::condition_variable changed_;
};

} // namespace conecta
