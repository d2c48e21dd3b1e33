#pragma once

// The deadlines of a fixed set of indices, at most one each; the earliest is at hand. A binary heap
// that knows where each index stands, so that one can be taken back in O(log n).

#include "base/assert.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace conecta::core {

class deadline_heap {
 public:
  deadline_heap() = default;
  explicit deadline_heap(std::size_t capacity) : place_of_(capacity, absent) {
    entries_.reserve(capacity);
  }

  /// Room for more indices. REQUIRES: not less than before.
  void grow(std::size_t capacity) {
    place_of_.resize(capacity, absent);
    entries_.reserve(capacity);
  }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool contains(std::uint32_t index) const { return place_of_[index] != absent; }
  [[nodiscard]] instant earliest() const noexcept {
    return entries_.empty() ? never : entries_.front().deadline;
  }
  [[nodiscard]] std::uint32_t earliest_index() const { return entries_.front().index; }

  /// REQUIRES: not in the heap. A deadline of `never` is not kept.
  void add(std::uint32_t index, instant deadline) {
    CONECTA_ASSERT(!contains(index), "deadline_heap::add: in the heap already");
    if (deadline == never) {
      return;
    }
    entries_.push_back({deadline, index});
    place_of_[index] = static_cast<std::uint32_t>(entries_.size() - 1);
    rise(entries_.size() - 1);
  }

  /// Does nothing for an index that has no deadline.
  void remove(std::uint32_t index) {
    if (!contains(index)) {
      return;
    }
    auto const place = place_of_[index];
    auto const last = entries_.size() - 1;
    exchange(place, last);
    entries_.pop_back();
    place_of_[index] = absent;
    if (place < last) {
      sink(place);
      rise(place);
    }
  }

 private:
  static constexpr std::uint32_t absent = 0xffff'ffffU;

  struct entry {
    instant deadline;
    std::uint32_t index;
  };

  /// Equal deadlines are ordered by index, so that the same history always unfolds the same way.
  [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
    auto const& left = entries_[a];
    auto const& right = entries_[b];
    return left.deadline != right.deadline ? left.deadline < right.deadline
                                           : left.index < right.index;
  }

  void exchange(std::size_t a, std::size_t b) {
    std::swap(entries_[a], entries_[b]);
    place_of_[entries_[a].index] = static_cast<std::uint32_t>(a);
    place_of_[entries_[b].index] = static_cast<std::uint32_t>(b);
  }

  void rise(std::size_t place) {
    while (place > 0 && before(place, (place - 1) / 2)) {
      exchange(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
  }

  void sink(std::size_t place) {
    for (;;) {
      auto child = 2 * place + 1;
      if (child >= entries_.size()) {
        return;
      }
      if (child + 1 < entries_.size() && before(child + 1, child)) {
        ++child;
      }
      if (!before(child, place)) {
        return;
      }
      exchange(place, child);
      place = child;
    }
  }

  std::vector<entry> entries_;
  std::vector<std::uint32_t> place_of_;
};

} // namespace conecta::core
