#pragma once

// What runs in threads: the pool, and the two yardsticks beside it.

#include "bench/pool_shape.hpp"

#include <conecta/pool.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace conecta::bench {

/// Nothing optional switched on: no lifetime, no idle limit, nothing to do between scans.
inline pool_options bare_options(shape const& of) {
  pool_options options;
  options.max_size = of.slots;
  options.idle_timeout.reset();
  options.max_lifetime.reset();
  options.borrowers = recording::off;
  return options;
}

/// A resource for every slot.
template <class Pool>
void fill(Pool& pool, shape const& of) {
  for (std::size_t i = 0; i < of.slots; ++i) {
    pool.try_add(static_cast<int>(i)).value();
  }
}

template <fairness Fair>
class blocking_contestant {
 public:
  static constexpr bool waits = true;

  explicit blocking_contestant(shape const& of)
      : pool_{options_for(of), {.open = [] { return 0; }}} {
    fill(pool_, of);
    for (std::size_t i = 0; i < of.leased; ++i) {
      leased_.push_back(acquire());
    }
  }
  [[nodiscard]] lease<int> acquire() { return pool_.acquire().value(); }

 private:
  static pool_options options_for(shape const& of) {
    auto options = bare_options(of);
    options.fair = Fair;
    return options;
  }

  pool<int> pool_;
  std::vector<lease<int>> leased_;
};

/// The limit for whatever shares one word: a compare-and-swap to take, one to give back.
class cas_contestant {
 public:
  static constexpr bool waits = false;

  explicit cas_contestant(shape const&) {}

  class held {
   public:
    explicit held(std::atomic<std::uint64_t>& word) : word_{word} {}
    held(held const&) = delete;
    held& operator=(held const&) = delete;
    ~held() { step(word_); }

   private:
    std::atomic<std::uint64_t>& word_;
  };
  [[nodiscard]] held acquire() {
    step(word_);
    return held{word_};
  }

 private:
  static void step(std::atomic<std::uint64_t>& word) noexcept {
    auto seen = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
    }
  }

  std::atomic<std::uint64_t> word_{0};
};

/// What anyone writes first: a mutex and a vector, the last one in goes out first.
class mutex_contestant {
 public:
  static constexpr bool waits = false;

  explicit mutex_contestant(shape const& of) {
    for (std::size_t i = 0; i < of.slots - of.leased; ++i) {
      idle_.push_back(static_cast<int>(i));
    }
  }

  class held {
   public:
    held(mutex_contestant& from, int resource) : from_{from}, resource_{resource} {}
    held(held const&) = delete;
    held& operator=(held const&) = delete;
    ~held() {
      std::lock_guard const lock{from_.mutex_};
      from_.idle_.push_back(resource_);
    }

   private:
    mutex_contestant& from_;
    int resource_;
  };
  [[nodiscard]] held acquire() {
    std::lock_guard const lock{mutex_};
    int const taken = idle_.back();
    idle_.pop_back();
    return held{*this, taken};
  }

 private:
  std::mutex mutex_;
  std::vector<int> idle_;
};

} // namespace conecta::bench
