#pragma once

// The callers that wait, first come first served, each with an absolute deadline that is never
// armed again. Bounded; a ticket names a place and its generation, so one that ended is recognised.

#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"

#include <conecta/ids.hpp>

#include <optional>
#include <vector>

namespace conecta::core {

class waiter_queue {
 public:
  waiter_queue() = default;

  /// One place more than may wait, for the caller that is served or refused at once.
  explicit waiter_queue(std::size_t max_waiters)
      : waiters_(max_waiters + 1),
        queue_{max_waiters + 1},
        free_{max_waiters + 1},
        deadlines_{max_waiters + 1} {
    for (std::uint32_t place = 0; place < waiters_.size(); ++place) {
      free_.push_back(place);
    }
  }

  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return waiters_.size() - 1; }
  [[nodiscard]] instant earliest_deadline() const noexcept { return deadlines_.earliest(); }
  [[nodiscard]] ticket earliest_to_expire() const { return at(deadlines_.earliest_index()); }
  [[nodiscard]] ticket front() const { return at(queue_.front()); }
  [[nodiscard]] ticket back() const { return at(queue_.back()); }
  [[nodiscard]] instant deadline_of(ticket caller) const { return waiters_[caller.place].deadline; }

  /// A ticket for a caller that is answered before anything else happens.
  [[nodiscard]] ticket next_ticket() {
    auto const place = free_.front();
    return {place, ++waiters_[place].generation};
  }

  /// REQUIRES: `caller` is the latest next_ticket, and size() < capacity().
  void join(ticket caller, instant deadline) {
    free_.remove(caller.place);
    queue_.push_back(caller.place);
    deadlines_.add(caller.place, deadline);
    waiters_[caller.place].deadline = deadline;
  }

  [[nodiscard]] bool waits(ticket caller) const {
    return caller.place < waiters_.size() && queue_.contains(caller.place) &&
           waiters_[caller.place].generation == caller.generation;
  }

  /// REQUIRES: waits(caller).
  void leave(ticket caller) {
    queue_.remove(caller.place);
    deadlines_.remove(caller.place);
    free_.push_front(caller.place);
  }

  /// In order of service; none after the last.
  [[nodiscard]] std::optional<ticket> after(ticket caller) const {
    auto const next = queue_.after(caller.place);
    return next == index_list::none ? std::nullopt : std::optional{at(next)};
  }

 private:
  struct waiter {
    instant deadline = never;
    std::uint32_t generation = 0;
  };

  [[nodiscard]] ticket at(std::uint32_t place) const { return {place, waiters_[place].generation}; }

  std::vector<waiter> waiters_;
  index_list queue_;
  index_list free_;
  deadline_heap deadlines_;
};

} // namespace conecta::core
