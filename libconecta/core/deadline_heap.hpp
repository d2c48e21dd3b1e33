#pragma once

// The deadlines of a fixed set of indices, at most one each; the earliest is at hand. A binary heap
// that knows where each index stands, so that one can be taken back in O(log n); 16 bytes an index.

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
  explicit deadline_heap(std::size_t capacity) { grow(capacity); }

  /// Room for more indices. REQUIRES: not less than before.
  void grow(std::size_t capacity) {
    deadline_of_.resize(capacity, never);
    place_of_.resize(capacity, absent);
    heap_.reserve(capacity);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] bool contains(std::uint32_t index) const { return place_of_[index] != absent; }
  [[nodiscard]] instant earliest() const noexcept {
    return heap_.empty() ? never : deadline_of_[heap_.front()];
  }
  [[nodiscard]] std::uint32_t earliest_index() const { return heap_.front(); }
  /// The latest that it was added with, also once it was removed; `never` if it was forgotten.
  [[nodiscard]] instant of(std::uint32_t index) const { return deadline_of_[index]; }

  /// REQUIRES: not in the heap. A deadline of `never` is not kept.
  void add(std::uint32_t index, instant deadline) {
    CONECTA_ASSERT(!contains(index), "deadline_heap::add: in the heap already");
    deadline_of_[index] = deadline;
    if (deadline == never) {
      return;
    }
    heap_.push_back(index);
    place_of_[index] = static_cast<std::uint32_t>(heap_.size() - 1);
    rise(heap_.size() - 1);
  }

  /// Does nothing for an index that has no deadline.
  void remove(std::uint32_t index) {
    if (!contains(index)) {
      return;
    }
    auto const place = place_of_[index];
    auto const last = heap_.size() - 1;
    exchange(place, last);
    heap_.pop_back();
    place_of_[index] = absent;
    if (place < last) {
      sink(place);
      rise(place);
    }
  }

  void forget(std::uint32_t index) {
    remove(index);
    deadline_of_[index] = never;
  }

 private:
  static constexpr std::uint32_t absent = 0xffff'ffffU;

  /// Equal deadlines are ordered by index, so that the same history always unfolds the same way.
  [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
    auto const left = deadline_of_[heap_[a]];
    auto const right = deadline_of_[heap_[b]];
    return left != right ? left < right : heap_[a] < heap_[b];
  }

  void exchange(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    place_of_[heap_[a]] = static_cast<std::uint32_t>(a);
    place_of_[heap_[b]] = static_cast<std::uint32_t>(b);
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
      if (child >= heap_.size()) {
        return;
      }
      if (child + 1 < heap_.size() && before(child + 1, child)) {
        ++child;
      }
      if (!before(child, place)) {
        return;
      }
      exchange(place, child);
      place = child;
    }
  }

  std::vector<std::uint32_t> heap_;
  std::vector<std::uint32_t> place_of_;
  std::vector<instant> deadline_of_;
};

} // namespace conecta::core
