// The gate in every order of its steps: nothing is lent twice, nothing is lost, every take and put
// is counted, and whoever comes after the close is turned away.

#include "driver/gate.hpp"
#include "gate/schedules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>

using namespace conecta;
using namespace conecta::test;

namespace {

using stepped_gate = driver::basic_gate<stepped>;

/// A gate and what its users know. Only one thread runs at a time: no locks.
class world {
 public:
  explicit world(std::uint32_t slots) : gate_{slots}, held_(slots, false) {
    std::vector<slot_ref> idle;
    for (std::uint32_t index = 0; index < slots; ++index) {
      idle.push_back({index, 7});
    }
    gate_.open(idle, 0);
  }

  std::optional<slot_ref> take() {
    auto const slot = gate_.take();
    if (slot) {
      ++taken_;
      if (held_[slot->index]) {
        complain("a slot is lent twice");
      }
      if (slot->generation != 7) {
        complain("a lease has another generation than the slot had");
      }
      held_[slot->index] = true;
    }
    return slot;
  }

  /// Those that find the gate closed come back another way, which is not of this test.
  void put(slot_ref slot) {
    held_[slot.index] = false;
    if (gate_.put(slot)) {
      ++put_;
    } else {
      late_.push_back(slot.index);
    }
  }

  void take_and_put() {
    if (auto const slot = take()) {
      put(*slot);
    }
  }

  /// What the engine does with it between two uses of its lock.
  void close_and_reopen() {
    close();
    std::vector<slot_ref> idle;
    for (auto each = came_back_.rbegin(); each != came_back_.rend(); ++each) {
      idle.push_back({each->index, 7});
    }
    gate_.open(idle, held_.size() - idle.size());
  }

  void close() {
    auto const since = gate_.close(came_back_);
    counted_taken_ += since.taken;
    counted_put_ += since.put;
    if (came_back_.size() + since.leased != held_.size()) {
      complain("idle and leased are not all");
    }
    std::vector<bool> seen(held_.size(), false);
    for (auto const& [index, used] : came_back_) {
      if (seen[index]) {
        complain("a slot is idle twice");
      }
      seen[index] = true;
    }
  }

  std::string at_the_end() {
    close();
    for (auto const& [index, used] : came_back_) {
      if (held_[index] || std::count(late_.begin(), late_.end(), index) > 0) {
        complain("a slot is idle and somebody's");
      }
    }
    auto const out = std::count(held_.begin(), held_.end(), true);
    if (came_back_.size() + late_.size() + static_cast<std::size_t>(out) != held_.size()) {
      complain("a slot is lost");
    }
    if (counted_taken_ != taken_ || counted_put_ != put_) {
      complain("the gate counted " + std::to_string(counted_taken_) + " takes and " +
               std::to_string(counted_put_) + " puts of " + std::to_string(taken_) + " and " +
               std::to_string(put_));
    }
    return complaint_;
  }

 private:
  void complain(std::string what) {
    if (complaint_.empty()) {
      complaint_ = std::move(what);
    }
  }

  stepped_gate gate_;
  std::vector<bool> held_;
  std::vector<std::uint32_t> late_;
  std::vector<core::gate_report::slot> came_back_;
  std::uint64_t taken_ = 0, put_ = 0, counted_taken_ = 0, counted_put_ = 0;
  std::string complaint_;
};

using part = void (*)(world&);

std::size_t explore_gate(char const* name, std::uint32_t slots, std::size_t preemptions,
                         std::vector<part> const& parts) {
  auto const count = explore(preemptions, [&](schedule& one) {
    world that{slots};
    std::vector<std::function<void()>> bodies;
    for (auto const& each : parts) {
      bodies.emplace_back([&that, each] { each(that); });
    }
    one.run(bodies);
    return that.at_the_end();
  });
  std::cout << name << ": " << count << " schedules\n";
  return count;
}

void borrow(world& of) { of.take_and_put(); }
void borrow_two(world& of) {
  auto const first = of.take();
  auto const second = of.take();
  for (auto const& each : {first, second}) { // the first one first: the stack is another one now
    if (each) {
      of.put(*each);
    }
  }
}
void reopen(world& of) { of.close_and_reopen(); }

/// The same stack without a count of turns: what the gate would be without it.
class naive_stack {
 public:
  explicit naive_stack(std::uint32_t slots) : below_(slots) {
    for (std::uint32_t index = 0; index < slots; ++index) {
      push(index);
    }
  }
  std::optional<std::uint32_t> pop() {
    auto top = top_.load(std::memory_order_acquire);
    while (top != 0) {
      auto const below = below_[top - 1].load(std::memory_order_relaxed);
      if (top_.compare_exchange_weak(top, below, std::memory_order_acq_rel)) {
        return top - 1;
      }
    }
    return std::nullopt;
  }
  void push(std::uint32_t index) {
    auto top = top_.load(std::memory_order_acquire);
    do {
      below_[index].store(top, std::memory_order_relaxed);
    } while (!top_.compare_exchange_weak(top, index + 1, std::memory_order_acq_rel));
  }

 private:
  std::vector<stepped<std::uint32_t>> below_;
  stepped<std::uint32_t> top_{0};
};

} // namespace

TEST_CASE("two who borrow, in every order of their steps") {
  CHECK(explore_gate("two on one slot", 1, 4, {borrow, borrow}) > 100);
  CHECK(explore_gate("two on two slots", 2, 3, {borrow, borrow_two}) > 100);
}

TEST_CASE("borrowing while the gate is closed and opened again") {
  CHECK(explore_gate("one and a close", 1, 4, {borrow, reopen}) > 100);
  CHECK(explore_gate("two slots and a close", 2, 3, {borrow_two, reopen}) > 100);
}

TEST_CASE("two who borrow, and a close") {
  CHECK(explore_gate("two and a close", 2, 2, {borrow, borrow_two, reopen}) > 1000);
}

TEST_CASE("the explorer finds the slot that left and came back, which a stack without turns lends "
          "twice") {
  auto const run_one = [](schedule& one) -> std::string {
    naive_stack stack{2};
    std::vector<int> held(2, 0);
    auto twice = false;
    auto const pop = [&]() -> std::optional<std::uint32_t> {
      auto const index = stack.pop();
      twice = twice || (index && ++held[*index] > 1);
      return index;
    };
    std::function<void()> const slow = [&] { static_cast<void>(pop()), static_cast<void>(pop()); };
    std::function<void()> const quick = [&] {
      auto const first = pop();
      static_cast<void>(pop());
      if (first) {
        --held[*first];
        stack.push(*first);
      }
    };
    one.run({slow, quick});
    return twice ? "lent twice" : "";
  };
  CHECK_THROWS_WITH(explore(2, run_one), Catch::StartsWith("lent twice, schedule "));
}
