#pragma once

// What one client counted, and how clients are told to begin, to count and to end.
//
// Thread safety: a tally belongs to its client until it has ended; the phase is shared.

#include "bench/pool_shape.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>

namespace conecta::bench {

using steady = std::chrono::steady_clock;

/// Latencies in buckets of 3 %: exact below 64 ns, then 32 to each power of two.
class latencies {
 public:
  void record(steady::duration took) noexcept {
    auto const value = static_cast<std::uint64_t>(std::chrono::nanoseconds{took}.count());
    ++counts_[bucket_of(value)];
    max_ = std::max(max_, value);
  }
  void add(latencies const& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
    max_ = std::max(max_, other.max_);
  }
  /// The lowest value of the bucket that holds the `per_cent`-th per cent.
  [[nodiscard]] std::uint64_t percentile(std::uint64_t per_cent) const noexcept {
    std::uint64_t total = 0;
    for (auto const count : counts_) {
      total += count;
    }
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen * 100 >= total * per_cent && seen > 0) {
        return lowest_of(i);
      }
    }
    return 0;
  }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

 private:
  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 64) {
      return value;
    }
    auto const shift = static_cast<std::size_t>(std::bit_width(value)) - 6;
    return shift * 32 + (value >> shift);
  }
  static std::uint64_t lowest_of(std::size_t bucket) noexcept {
    if (bucket < 64) {
      return bucket;
    }
    auto const shift = bucket / 32 - 1;
    return static_cast<std::uint64_t>(bucket - shift * 32) << shift;
  }

  std::array<std::uint64_t, 1920> counts_{};
  std::uint64_t max_ = 0;
};

struct tally {
  std::uint64_t pairs = 0;
  latencies waits;

  void add(tally const& other) noexcept {
    pairs += other.pairs;
    waits.add(other.waits);
  }
};

enum class phase : unsigned char { warming, counting, ending };

/// Takes the clients, which have begun already, through the phases; returns how long they counted.
inline steady::duration conduct(std::atomic<phase>& now, std::chrono::milliseconds length) {
  std::this_thread::sleep_for(length / 4);
  auto const begin = steady::now();
  now.store(phase::counting, std::memory_order_relaxed);
  std::this_thread::sleep_for(length);
  now.store(phase::ending, std::memory_order_relaxed);
  return steady::now() - begin;
}

inline void stay_busy(std::chrono::microseconds length) noexcept {
  for (auto const until = steady::now() + length; steady::now() < until;) {
  }
}

/// The answer to one request.
inline void print(shape const& of, tally const& counted, steady::duration elapsed) {
  std::cout << R"({"shape":")" << of.text << R"(","pairs":)" << counted.pairs << R"(,"elapsed_ns":)"
            << std::chrono::nanoseconds{elapsed}.count();
  if (of.exhausts()) {
    std::cout << R"(,"p50_ns":)" << counted.waits.percentile(50) << R"(,"p99_ns":)"
              << counted.waits.percentile(99) << R"(,"max_ns":)" << counted.waits.max();
  }
  std::cout << "}" << std::endl;
}

} // namespace conecta::bench
