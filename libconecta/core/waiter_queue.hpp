#pragma once

// The callers that wait, first come first served, each with an absolute deadline that is never
// armed again. Bounded; a ticket names a place and its generation, so one that ended is recognised.

#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"
#include "core/planted.hpp"

#include <conecta/ids.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace conecta::core {

class waiter_queue {
 public:
  waiter_queue() = default;

  /// One place more than may wait, for the caller that is served or refused at once, and `spare`
  /// ones for callers that come back to the front.
  waiter_queue(std::size_t max_waiters, std::size_t spare)
      : max_waiters_{max_waiters},
        waiters_(max_waiters + 1 + spare),
        queue_{waiters_.size()},
        free_{waiters_.size()},
        deadlines_{waiters_.size()} {
    for (std::uint32_t place = 0; place < waiters_.size(); ++place) {
      free_.push_back(place);
    }
  }

  /// Room for so many that come back to the front.
  void grow(std::size_t spare) {
    auto const before = waiters_.size();
    auto const after = std::max(before, max_waiters_ + 1 + spare);
    queue_.grow(after);
    free_.grow(after);
    deadlines_.grow(after);
    waiters_.resize(after);
    for (auto place = before; place < after; ++place) {
      free_.push_back(static_cast<std::uint32_t>(place));
    }
  }

  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  [[nodiscard]] bool full() const noexcept { return size() >= max_waiters_; }
  [[nodiscard]] std::size_t awake() const noexcept { return awake_; }
  [[nodiscard]] instant earliest_deadline() const noexcept { return deadlines_.earliest(); }
  [[nodiscard]] ticket earliest_to_expire() const { return at(deadlines_.earliest_index()); }
  [[nodiscard]] ticket front() const { return at(queue_.front()); }
  [[nodiscard]] ticket back() const { return at(queue_.back()); }
  [[nodiscard]] instant deadline_of(ticket caller) const { return deadlines_.of(caller.place); }

  /// A ticket for a caller that is answered before anything else happens.
  [[nodiscard]] ticket next_ticket() {
    auto const place = free_.front();
    return {place, ++waiters_[place].generation};
  }

  /// REQUIRES: `caller` is the latest next_ticket, and not full().
  void join(ticket caller, instant deadline) {
    free_.remove(caller.place);
    queue_.push_back(caller.place);
    settle_in(caller.place, deadline);
  }
  /// As if it was overtaken too often: where others may barge in, those that come back would else
  /// become ever more. REQUIRES: `caller` is the latest next_ticket.
  void join_in_front(ticket caller, instant deadline) {
    free_.remove(caller.place);
    queue_.push_front(caller.place);
    settle_in(caller.place, deadline);
    waiters_[caller.place].overtaken = too_often;
  }

  [[nodiscard]] bool waits(ticket caller) const {
    return caller.place < waiters_.size() && queue_.contains(caller.place) &&
           waiters_[caller.place].generation == caller.generation;
  }

  /// REQUIRES: waits(caller).
  void leave(ticket caller) {
    if (planted(bug::wake_up_is_lost)) {
      waiters_[caller.place].aware = awareness::asleep;
    }
    rouse(caller, awareness::asleep);
    queue_.remove(caller.place);
    deadlines_.remove(caller.place);
    free_.push_front(caller.place);
  }

  enum class awareness : std::uint8_t { asleep, awake };
  [[nodiscard]] bool is_awake(ticket caller) const {
    return waiters_[caller.place].aware == awareness::awake;
  }
  void rouse(ticket caller, awareness to) {
    auto& aware = waiters_[caller.place].aware;
    awake_ += to == awareness::awake && aware == awareness::asleep ? 1U : 0U;
    awake_ -= to == awareness::asleep && aware == awareness::awake ? 1U : 0U;
    aware = to;
  }
  /// It was woken, and others took what it was woken for.
  void was_overtaken(ticket caller) {
    rouse(caller, awareness::asleep);
    if (auto& times = waiters_[caller.place].overtaken; times < too_often) {
      ++times;
    }
  }
  [[nodiscard]] unsigned times_overtaken(ticket caller) const {
    return waiters_[caller.place].overtaken;
  }

  /// In order of service; none after the last.
  [[nodiscard]] std::optional<ticket> after(ticket caller) const {
    auto const next = queue_.after(caller.place);
    return next == index_list::none ? std::nullopt : std::optional{at(next)};
  }

 private:
  static constexpr std::uint8_t too_often = 255; ///< the most that max_overtaken can be

  struct waiter {
    std::uint32_t generation = 0;
    awareness aware = awareness::asleep;
    std::uint8_t overtaken = 0;
  };

  void settle_in(std::uint32_t place, instant deadline) {
    deadlines_.add(place, deadline);
    waiters_[place].overtaken = 0;
  }

  [[nodiscard]] ticket at(std::uint32_t place) const { return {place, waiters_[place].generation}; }

  std::size_t max_waiters_ = 0;
  std::size_t awake_ = 0;
  std::vector<waiter> waiters_;
  index_list queue_;
  index_list free_;
  deadline_heap deadlines_;
};

} // namespace conecta::core
