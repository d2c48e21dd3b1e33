#pragma once

// What goes wrong in a torture test: the n-th allocation of this process, or the n-th call of a
// hook. Whoever links mishap.cpp has its operator new replaced.
//
// Thread safety: all of it may be used from any thread.

#include <atomic>
#include <cstddef>
#include <stdexcept>

namespace conecta::test {

/// 1, or what the environment says in CONECTA_FAILURE, to replay what a test has printed.
[[nodiscard]] long first_failure();

/// Fails one allocation, of whichever thread, with std::bad_alloc.
class allocation_trap {
 public:
  /// The n-th from now, counted from 1.
  static void set(long n) noexcept;
  /// Whether it has gone off.
  static bool clear() noexcept;
  /// Those of exactly these sizes are never counted.
  static void spare(std::size_t size, std::size_t another) noexcept;
  /// Called by operator new. Whether this one fails.
  static bool springs(std::size_t size) noexcept;

  /// While it lives, what this thread allocates is not counted: the test's own.
  class pause {
   public:
    pause() noexcept { ++depth_; }
    ~pause() { --depth_; }
    pause(pause const&) = delete;
    pause& operator=(pause const&) = delete;
    static bool is_on() noexcept { return depth_ > 0; }

   private:
    static inline thread_local int depth_ = 0;
  };

  /// While it lives, the operations of Asio that this thread allocates are not counted.
  class pause_of_operations {
   public:
    pause_of_operations() noexcept { ++depth_; }
    ~pause_of_operations() { --depth_; }
    pause_of_operations(pause_of_operations const&) = delete;
    pause_of_operations& operator=(pause_of_operations const&) = delete;
    static bool is_on() noexcept { return depth_ > 0; }

   private:
    static inline thread_local int depth_ = 0;
  };

 private:
  static inline std::atomic<long> left_ = 0;
  static inline std::atomic<std::size_t> spared_ = 0;
  static inline std::atomic<std::size_t> also_spared_ = 0;
};

/// Fails one call of a hook.
class hook_trap {
 public:
  void set(long n) noexcept { left_ = n; }
  bool clear() noexcept { return left_.exchange(0) <= 0; }
  void pass() {
    if (left_.load() > 0 && left_.fetch_sub(1) == 1) {
      throw std::runtime_error{"this hook fails"};
    }
  }

 private:
  std::atomic<long> left_ = 0;
};

} // namespace conecta::test
