#pragma once

// The counts of a server while it runs: its thread counts, any thread reads.

#include "target/server.hpp"

#include <atomic>
#include <cstdint>

namespace conecta::target {

class tally {
 public:
  using counter = std::atomic<std::uint64_t>;

  counter accepted{0};
  counter turned_away{0};
  counter requests{0};
  counter replies{0};
  counter open{0};

  static void add(counter& which, std::uint64_t count = 1) noexcept {
    which.fetch_add(count, std::memory_order_relaxed);
  }
  static void subtract(counter& which, std::uint64_t count = 1) noexcept {
    which.fetch_sub(count, std::memory_order_relaxed);
  }

  [[nodiscard]] server_counts read() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {accepted.load(relaxed), turned_away.load(relaxed), requests.load(relaxed),
            replies.load(relaxed), open.load(relaxed)};
  }
};

} // namespace conecta::target
