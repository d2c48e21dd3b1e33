#pragma once

// What is due when. Ordered by time, then by when it was put in, so that equal times always unfold
// in the same order.

#include <conecta/time.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace conecta::sim {

enum class task : std::uint8_t {
  caller_acts,
  caller_cancels,
  caller_retries,
  hook_answers,
  repeat_message,
};

/// `serial` tells whether `who` still does what it did when this was put in.
struct due {
  instant at;
  std::uint64_t order;
  task what;
  std::uint32_t who;
  std::uint32_t serial;
};

class event_heap {
 public:
  void add(instant at, task what, std::uint32_t who = 0, std::uint32_t serial = 0) {
    entries_.push_back({at, ++added_, what, who, serial});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] instant earliest() const noexcept {
    return entries_.empty() ? never : entries_.front().at;
  }

  /// REQUIRES: not empty.
  [[nodiscard]] due take() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    auto const first = entries_.back();
    entries_.pop_back();
    return first;
  }

 private:
  static bool later(due const& a, due const& b) noexcept {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  std::vector<due> entries_;
  std::uint64_t added_ = 0;
};

} // namespace conecta::sim
