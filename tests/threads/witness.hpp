#pragma once

// A resource that notices when two use it at once, and the book where it writes that down. The book
// outlives its witnesses. Thread safety: the counts are atomic; a witness is used by one at a time,
// and says so when it is not.

#include <atomic>
#include <memory>

namespace conecta::test {

/// Sanitizers make everything slower: the long tests do this much less.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CONECTA_SANITIZED
#endif
#elif defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CONECTA_SANITIZED
#endif
#ifdef CONECTA_SANITIZED
inline constexpr int slowness = 4;
#else
inline constexpr int slowness = 1;
#endif

struct witness_book {
  std::atomic<unsigned> opens = 0;
  std::atomic<unsigned> checks = 0;
  std::atomic<unsigned> resets = 0;
  std::atomic<unsigned> closes = 0;
  std::atomic<int> alive = 0;
  std::atomic<int> overlaps = 0;
};

class witness {
 public:
  explicit witness(witness_book& book) : self_{std::make_unique<self>(book)} {}

  class in_use;
  /// To be held as long as the resource is in use.
  [[nodiscard]] in_use use();

 private:
  struct self {
    explicit self(witness_book& that) : book{that} { ++book.alive; }
    ~self() { --book.alive; }
    self(self const&) = delete;
    self& operator=(self const&) = delete;

    witness_book& book;
    std::atomic<bool> busy = false;
    unsigned uses = 0;
  };

  std::unique_ptr<self> self_;
};

class witness::in_use {
 public:
  explicit in_use(self& used) : used_{used} {
    if (used_.busy.exchange(true, std::memory_order_relaxed)) {
      ++used_.book.overlaps;
    }
    ++used_.uses; // plain: two at once are a data race, for TSan to see
  }
  ~in_use() { used_.busy.store(false, std::memory_order_relaxed); }
  in_use(in_use const&) = delete;
  in_use& operator=(in_use const&) = delete;

 private:
  self& used_;
};

inline witness::in_use witness::use() { return in_use{*self_}; }

} // namespace conecta::test
