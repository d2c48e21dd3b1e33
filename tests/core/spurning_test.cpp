// A caller that finds what it was granted unusable, before it had it.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr hooks_present with_look{.look = true};

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  return options;
}

/// What looks dead in its second lease says nothing of the backend. It is s(0, 3).
void lend_again(dialogue& pool) {
  pool.fill(1);
  pool.acquire();
  pool.forget_what_was_heard();
}

} // namespace

TEST_CASE("who_spurns_a_resource_gets_another_that_is_idle") {
  dialogue pool{of_size(2), with_look};
  pool.fill(2);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
  auto const again = pool.spurn(s(1, 3));
  REQUIRE(again);
  pool.expect({close{s(1, 4), close_reason::stale, pool.in(5s)}, grant{*again, s(0, 3)}});
  CHECK(pool.stats().acquired == 3); // two that filled the pool, and one
  CHECK(pool.stats().evicted_by[close_reason::stale] == 1);
}

TEST_CASE("who_spurns_the_last_resource_gets_what_is_opened_instead") {
  dialogue pool{of_size(2), with_look};
  lend_again(pool);
  auto const again = pool.spurn(s(0, 3));
  REQUIRE(again);
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{*again, s(1, 2)}});
}

TEST_CASE("who_spurns_is_served_before_those_who_wait") {
  dialogue pool{of_size(1), with_look};
  pool.hold(1);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({grant{first, s(0, 3)}});
  auto const again = pool.spurn(s(0, 3));
  REQUIRE(again);
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({open{s(0, 5), pool.in(5s)}});
  pool.on(opened{s(0, 5)});
  pool.expect({grant{*again, s(0, 6)}});
  pool.on(give_back{s(0, 6)});
  pool.expect({grant{second, s(0, 7)}});
}

TEST_CASE("who_spurns_again_and_again_keeps_its_deadline") {
  dialogue pool{of_size(1), with_look};
  auto const deadline = pool.in(10ms);
  lend_again(pool);
  auto const again = pool.spurn(s(0, 3), deadline);
  REQUIRE(again);
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
  CHECK(pool.next_deadline() == deadline);
  pool.at(9ms).on(closed{s(0, 4)});
  pool.expect({open{s(0, 5), pool.in(5s)}});
  pool.on(opened{s(0, 5)});
  pool.expect({grant{*again, s(0, 6)}});
  auto const once_more = pool.spurn(s(0, 6), deadline);
  REQUIRE(once_more);
  pool.forget_what_was_heard();
  pool.at(10ms).tick();
  pool.expect({reject{*once_more, reject_reason::timed_out}});
}

TEST_CASE("who_spurns_after_its_deadline_gets_what_is_idle_or_is_told_so") {
  dialogue pool{of_size(2), with_look};
  pool.fill(2);
  auto const deadline = pool.in(10ms);
  auto const caller = pool.acquire_until(deadline);
  pool.expect({grant{caller, s(1, 3)}});
  pool.at(10ms);
  auto const again = pool.spurn(s(1, 3), deadline);
  REQUIRE(again);
  pool.expect({close{s(1, 4), close_reason::stale, pool.in(5s)}, grant{*again, s(0, 3)}});
  auto const once_more = pool.spurn(s(0, 3), deadline);
  REQUIRE(once_more);
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)},
               reject{*once_more, reject_reason::timed_out}});
  CHECK(pool.stats().timed_out + pool.stats().rejected == 1);
}

TEST_CASE("who_only_tried_and_spurns_the_last_is_told_that_nothing_is_left") {
  dialogue pool{of_size(1), with_look};
  pool.fill(1);
  auto const caller = pool.acquire(0s);
  pool.expect({grant{caller, s(0, 3)}});
  auto const again = pool.spurn(s(0, 3), instant::min());
  REQUIRE(again);
  pool.expect(
      {close{s(0, 4), close_reason::stale, pool.in(5s)}, reject{*again, reject_reason::exhausted}});
}

TEST_CASE("who_only_tried_does_not_pass_those_who_wait_by_spurning") {
  dialogue pool{of_size(2), with_look};
  pool.hold(2);
  auto const waiting = pool.acquire();
  auto const again = pool.spurn(s(0, 2), instant::min());
  REQUIRE(again);
  pool.expect(
      {close{s(0, 3), close_reason::stale, pool.in(5s)}, reject{*again, reject_reason::exhausted}});
  pool.on(give_back{s(1, 2)});
  pool.expect({grant{waiting, s(1, 3)}});
}

TEST_CASE("there_is_always_room_in_a_full_queue_for_who_spurns") {
  auto options = of_size(2);
  options.max_waiters = 1;
  dialogue pool{options, with_look};
  pool.hold(2);
  pool.acquire();
  auto const first = pool.spurn(s(0, 2));
  REQUIRE(first);
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}});
  auto const second = pool.spurn(s(1, 2));
  REQUIRE(second);
  pool.expect({close{s(1, 3), close_reason::stale, pool.in(5s)}});
  CHECK(pool.stats().waiters == 3);
  auto const other = pool.acquire();
  pool.expect({reject{other, reject_reason::queue_full}});
}

TEST_CASE("there_is_room_for_who_spurns_after_a_resize_up_too") {
  auto options = of_size(1);
  options.max_waiters = 0;
  dialogue pool{options, with_look};
  pool.on(resize{3});
  for (std::uint32_t index = 0; index < 3; ++index) {
    CHECK(pool.reserve() == s(index, 1));
    pool.on(opened{s(index, 1)});
    pool.acquire();
    pool.forget_what_was_heard();
  }
  for (std::uint32_t index = 0; index < 3; ++index) {
    CHECK(pool.spurn(s(index, 2)));
    pool.expect({close{s(index, 3), close_reason::stale, pool.in(5s)}});
  }
  CHECK(pool.stats().waiters == 3);
}

TEST_CASE("nobody_barges_in_before_who_spurns") {
  auto options = of_size(1);
  options.max_waiters = 1;
  options.fair = fairness::barging;
  dialogue pool{options, with_look};
  lend_again(pool);
  auto const first = pool.spurn(s(0, 3));
  REQUIRE(first);
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({open{s(0, 5), pool.in(5s)}});
  pool.on(opened{s(0, 5)});
  pool.expect({grant{*first, s(0, 6)}}); // not only woken: the queue would grow with each newcomer
  auto const second = pool.spurn(s(0, 6));
  REQUIRE(second);
  pool.expect({close{s(0, 7), close_reason::stale, pool.in(5s)}});
  CHECK(pool.stats().waiters == 1);
}

TEST_CASE("who_spurns_in_a_closed_pool_is_told_so_and_it_is_no_eviction") {
  dialogue pool{of_size(1), with_look};
  pool.hold(1);
  pool.on(drain{});
  auto const again = pool.spurn(s(0, 2));
  REQUIRE(again);
  pool.expect(
      {close{s(0, 3), close_reason::shutdown, pool.in(5s)}, reject{*again, reject_reason::closed}});
  CHECK(pool.stats().evicted_by[close_reason::stale] == 0);
}

TEST_CASE("who_spurns_in_a_suspended_pool_waits_in_front") {
  dialogue pool{of_size(2), with_look};
  pool.fill(2);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
  pool.on(suspend{});
  pool.acquire();
  auto const again = pool.spurn(s(1, 3));
  REQUIRE(again);
  pool.expect({close{s(1, 4), close_reason::stale, pool.in(5s)}});
  pool.on(resume{});
  pool.expect({grant{*again, s(0, 3)}}); // the other place is still closing
}

TEST_CASE("only_what_is_lent_can_be_spurned_and_only_once") {
  dialogue pool{of_size(1), with_look};
  pool.hold(1);
  CHECK_FALSE(pool.spurn(s(0, 1)));
  CHECK_FALSE(pool.spurn(s(7, 1)));
  pool.on(give_back{s(0, 2)});
  CHECK_FALSE(pool.spurn(s(0, 2)));
  pool.expect({});
}

} // namespace conecta::core
