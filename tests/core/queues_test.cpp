// What the machine keeps its slots and callers in.

#include "base/random.hpp"
#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"
#include "core/waiter_queue.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

using namespace conecta;
using namespace conecta::core;
using namespace std::chrono_literals;

TEST_CASE("a_list_keeps_its_order_through_pushes_and_removals") {
  index_list list{4};
  CHECK(list.empty());
  list.push_back(1);
  list.push_back(2);
  list.push_front(0);
  CHECK(list.size() == 3);
  CHECK(list.front() == 0);
  CHECK(list.after(0) == 1);
  CHECK(list.before(2) == 1);
  CHECK(list.back() == 2);
  list.remove(1);
  CHECK(list.after(0) == 2);
  CHECK_FALSE(list.contains(1));
  list.remove(0);
  CHECK(list.front() == 2);
  list.remove(2);
  CHECK(list.empty());
  CHECK(list.back() == index_list::none);
}

TEST_CASE("a_heap_without_deadlines_has_none") {
  deadline_heap heap{2};
  CHECK(heap.empty());
  CHECK(heap.earliest() == never);
  heap.add(0, never); // is not kept
  CHECK(heap.empty());
  heap.remove(0);
  CHECK(heap.size() == 0);
}

TEST_CASE("a_deadline_that_has_passed_is_known_until_it_is_forgotten") {
  deadline_heap heap{2};
  CHECK(heap.of(1) == never);
  heap.add(1, instant{7ns});
  heap.remove(1);
  CHECK(heap.of(1) == instant{7ns});
  CHECK_FALSE(heap.contains(1));
  heap.add(1, instant{9ns});
  heap.forget(1);
  CHECK(heap.empty());
  CHECK(heap.of(1) == never);
  heap.grow(3);
  CHECK(heap.of(2) == never);
  CHECK_FALSE(heap.contains(2));
}

TEST_CASE("equal_deadlines_come_in_the_order_of_their_indices") {
  deadline_heap heap{3};
  heap.add(2, instant{5ns});
  heap.add(0, instant{5ns});
  heap.add(1, instant{5ns});
  for (std::uint32_t index = 0; index < 3; ++index) {
    CHECK(heap.earliest_index() == index);
    heap.remove(index);
  }
}

TEST_CASE("a_heap_agrees_with_a_search_through_everything_whatever_is_removed") {
  constexpr std::uint32_t capacity = 40;
  random_source random{3};
  deadline_heap heap{capacity};
  std::vector<std::pair<instant, std::uint32_t>> all;
  for (auto round = 0; round < 5000; ++round) {
    auto const index = static_cast<std::uint32_t>(random.next() % capacity);
    if (heap.contains(index)) {
      heap.remove(index);
      std::erase_if(all, [index](auto const& entry) { return entry.second == index; });
    } else {
      instant const deadline{duration{static_cast<duration::rep>(random.next() % 50)}};
      heap.add(index, deadline);
      all.emplace_back(deadline, index);
    }
    REQUIRE(heap.size() == all.size());
    if (!all.empty()) {
      auto const least = *std::min_element(all.begin(), all.end());
      REQUIRE(heap.earliest() == least.first);
      REQUIRE(heap.earliest_index() == least.second);
    }
  }
}

TEST_CASE("a_queue_knows_its_callers_by_place_and_generation") {
  waiter_queue queue{2, 0};
  auto const first = queue.next_ticket();
  queue.join(first, instant{9ns});
  auto const second = queue.next_ticket();
  queue.join(second, instant{5ns});
  CHECK(queue.full());
  CHECK(queue.front() == first);
  CHECK(queue.back() == second);
  CHECK(queue.after(first) == second);
  CHECK(queue.after(second) == std::nullopt);
  CHECK(queue.earliest_deadline() == instant{5ns});
  CHECK(queue.earliest_to_expire() == second);
  CHECK(queue.deadline_of(first) == instant{9ns});
  queue.leave(first);
  CHECK_FALSE(queue.waits(first));
  CHECK(queue.waits(second));
  auto const third = queue.next_ticket(); // the place of the first, or the spare one
  queue.join(third, never);
  CHECK_FALSE(queue.waits(first));
  CHECK(queue.waits(third));
  CHECK(queue.front() == second);
}

TEST_CASE("who_is_awake_is_counted_once_however_often_it_is_woken") {
  using enum waiter_queue::awareness;
  waiter_queue queue{2, 0};
  auto const caller = queue.next_ticket();
  queue.join(caller, never);
  queue.rouse(caller, asleep);
  CHECK(queue.awake() == 0);
  queue.rouse(caller, awake);
  queue.rouse(caller, awake);
  CHECK(queue.awake() == 1);
  CHECK(queue.is_awake(caller));
  queue.was_overtaken(caller);
  CHECK(queue.awake() == 0);
  CHECK(queue.times_overtaken(caller) == 1);
  queue.rouse(caller, awake);
  queue.leave(caller);
  CHECK(queue.awake() == 0);
}

TEST_CASE("who_was_passed_over_more_often_than_can_be_counted_was_passed_over_too_often") {
  waiter_queue queue{2, 1};
  auto const caller = queue.next_ticket();
  queue.join(caller, never);
  for (auto times = 0; times < 300; ++times) {
    queue.was_overtaken(caller);
  }
  CHECK(queue.times_overtaken(caller) == 255);
  auto const back = queue.next_ticket();
  queue.join_in_front(back, never);
  CHECK(queue.times_overtaken(back) == 255); // it had its turn already
}

TEST_CASE("who_comes_back_stands_in_front_and_a_queue_grows_for_more_of_them") {
  waiter_queue queue{1, 1};
  auto const waiting = queue.next_ticket();
  queue.join(waiting, never);
  CHECK(queue.full());
  queue.grow(2);
  CHECK(queue.full()); // more places, but not for newcomers
  auto const first = queue.next_ticket();
  queue.join_in_front(first, instant{5ns});
  auto const second = queue.next_ticket();
  queue.join_in_front(second, instant{7ns});
  CHECK(queue.front() == second);
  CHECK(queue.after(second) == first);
  CHECK(queue.back() == waiting);
  CHECK(queue.earliest_to_expire() == first);
  auto const refused = queue.next_ticket(); // one place is always left for an answer at once
  CHECK_FALSE(queue.waits(refused));
}

TEST_CASE("a_queue_does_not_shrink") {
  waiter_queue queue{1, 3};
  queue.grow(0);
  for (auto i = 0; i < 4; ++i) {
    queue.join_in_front(queue.next_ticket(), never);
  }
  CHECK(queue.size() == 4);
}

TEST_CASE("a_caller_that_is_answered_at_once_leaves_its_place_free") {
  waiter_queue queue{0, 0};
  auto const first = queue.next_ticket();
  auto const second = queue.next_ticket();
  CHECK(first != second);
  CHECK_FALSE(queue.waits(first));
  CHECK(queue.empty());
}
