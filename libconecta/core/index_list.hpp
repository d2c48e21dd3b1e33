#pragma once

// A doubly linked list of the indices 0 to capacity - 1, each in it at most once. All memory is
// taken when it is built; every operation but iteration is constant time.

#include "base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace conecta::core {

class index_list {
 public:
  static constexpr std::uint32_t none = 0xffff'ffffU;

  index_list() = default;
  explicit index_list(std::size_t capacity) : links_(capacity) {}

  /// Room for more indices; what is linked stays so. REQUIRES: not less than before.
  void grow(std::size_t capacity) { links_.resize(capacity); }

  [[nodiscard]] bool empty() const noexcept { return front_ == none; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint32_t front() const noexcept { return front_; }
  [[nodiscard]] std::uint32_t back() const noexcept { return back_; }
  [[nodiscard]] std::uint32_t after(std::uint32_t index) const { return links_[index].next; }
  [[nodiscard]] std::uint32_t before(std::uint32_t index) const { return links_[index].previous; }
  [[nodiscard]] bool contains(std::uint32_t index) const { return links_[index].next != unlinked; }

  void push_front(std::uint32_t index) { insert(index, none, front_); }
  void push_back(std::uint32_t index) { insert(index, back_, none); }

  void remove(std::uint32_t index) {
    auto& link = links_[index];
    CONECTA_ASSERT(contains(index), "index_list::remove: not in the list");
    (link.previous == none ? front_ : links_[link.previous].next) = link.next;
    (link.next == none ? back_ : links_[link.next].previous) = link.previous;
    link = {};
    --size_;
  }

 private:
  static constexpr std::uint32_t unlinked = none - 1;

  struct node {
    std::uint32_t previous = none;
    std::uint32_t next = unlinked;
  };

  void insert(std::uint32_t index, std::uint32_t previous, std::uint32_t next) {
    CONECTA_ASSERT(!contains(index), "index_list::insert: in the list already");
    links_[index] = {previous, next};
    (previous == none ? front_ : links_[previous].next) = index;
    (next == none ? back_ : links_[next].previous) = index;
    ++size_;
  }

  std::vector<node> links_;
  std::uint32_t front_ = none;
  std::uint32_t back_ = none;
  std::size_t size_ = 0;
};

} // namespace conecta::core
