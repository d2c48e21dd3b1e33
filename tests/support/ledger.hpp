#pragma once

// The resource of the thread tests: it can only be moved, has no default, and a ledger knows how
// many of it exist. The ledger outlives the resources. Thread safety: the ledger's counts are
// atomic.

#include <atomic>
#include <utility>

namespace conecta::test {

struct ledger {
  std::atomic<int> born = 0;
  std::atomic<int> alive = 0;
};

class session {
 public:
  explicit session(ledger& book) : book_{&book}, number_{++book.born} { ++book.alive; }
  session(session&& other) noexcept
      : book_{std::exchange(other.book_, nullptr)}, number_{other.number_} {}
  session& operator=(session&&) = delete;
  ~session() {
    if (book_ != nullptr) {
      --book_->alive;
    }
  }

  /// 1 for the first of its ledger.
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  ledger* book_;
  int number_;
};

} // namespace conecta::test
