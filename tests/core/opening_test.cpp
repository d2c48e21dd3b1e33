// What is opened, when, and what a failure or a hook that hangs leads to.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.backoff = {.initial = 10ms, .limit = 40ms, .jitter = 0};
  return options;
}

} // namespace

TEST_CASE("a_return_serves_the_waiter_whose_own_open_is_under_way") {
  dialogue pool{of_size(2)};
  auto const lease = pool.lend();
  auto const caller = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(give_back{lease});
  pool.expect({grant{caller, s(0, 3)}});
  pool.on(opened{s(1, 1)});
  pool.expect({}); // the late open goes idle
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("as_many_open_at_once_as_callers_wait_up_to_open_concurrency") {
  auto options = of_size(8);
  options.open_concurrency = 2;
  dialogue pool{options};
  auto const first = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({});
  pool.on(opened{s(0, 1)});
  pool.expect({grant{first, s(0, 2)}, open{s(2, 1), pool.in(5s)}});
}

TEST_CASE("a_failed_open_is_tried_again_after_the_backoff_for_those_who_wait") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.expect({});
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms - 1ns).tick();
  pool.expect({});
  pool.at(10ms).tick();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.on(opened{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("a_newcomer_does_not_end_the_backoff") {
  dialogue pool{of_size(2)};
  pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.acquire();
  auto const trying = pool.acquire(0s);
  pool.expect({reject{trying, reject_reason::exhausted}});
}

TEST_CASE("a_lone_prober_tries_whether_the_backend_is_back") {
  dialogue pool{of_size(4)};
  auto const first = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.on(open_failed{s(1, 1)}); // they failed together: that counts once
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms).tick();
  pool.expect({open{s(1, 2), pool.in(5s)}}); // one, though two wait
  pool.on(opened{s(1, 2)});
  pool.expect({grant{first, s(1, 3)}, open{s(0, 2), pool.in(5s)}}); // it is back
}

TEST_CASE("each_failure_in_a_row_doubles_the_backoff_and_a_success_ends_it") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.at(10ms).tick();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.on(open_failed{s(0, 2)});
  CHECK(pool.next_deadline() == pool.in(20ms));
  pool.at(30ms).tick();
  pool.expect({open{s(0, 3), pool.in(5s)}});
  pool.on(opened{s(0, 3)});
  pool.expect({grant{caller, s(0, 4)}});
  pool.acquire();
  pool.on(discard{s(0, 4)});
  pool.forget_what_was_heard();
  pool.on(closed{s(0, 5)});
  pool.expect({open{s(0, 6), pool.in(5s)}}); // at once
}

TEST_CASE("an_open_that_outlives_its_timeout_is_interrupted_and_another_slot_is_opened") {
  dialogue pool{of_size(2)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}, open{s(1, 1), pool.in(5s)}});
  CHECK(pool.stats().stuck == 1);
  CHECK(pool.stats().opening == 2); // it holds its slot until the hook returns
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
}

TEST_CASE("an_open_that_succeeds_after_its_timeout_still_counts") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}});
  pool.at(6s).tick();
  pool.expect({}); // it is asked to stop only once
  pool.on(opened{s(0, 1)});
  pool.expect({grant{caller, s(0, 2)}});
  CHECK(pool.stats().stuck == 0);
}

TEST_CASE("a_close_that_outlives_its_timeout_is_interrupted_and_holds_its_slot") {
  dialogue pool{of_size(1)};
  pool.on(discard{pool.lend()});
  pool.expect({close{s(0, 3), close_reason::broken, pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 3)}});
  CHECK(pool.stats().stuck == 1);
  pool.acquire();
  pool.expect({}); // the cap holds
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
}

TEST_CASE("min_idle_is_opened_from_the_first_event_on_and_beside_what_is_lent") {
  auto options = of_size(3);
  options.min_idle = 1;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 2)}, open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  CHECK(pool.next_deadline() == pool.in(10ms)); // nobody waits, and yet it comes back
  pool.at(10ms).tick();
  pool.expect({open{s(1, 2), pool.in(5s)}});
  pool.on(opened{s(1, 2)});
}

TEST_CASE("what_is_added_goes_to_the_first_waiter_and_ends_no_backoff") {
  dialogue pool{of_size(2)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  CHECK(pool.reserve() == s(0, 2));
  pool.expect({});
  pool.on(opened{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
  pool.acquire();
  pool.expect({}); // it says nothing about the backend
  CHECK(pool.stats().added == 1);
  CHECK(pool.stats().opened == 0);
}

TEST_CASE("what_could_not_be_added_starts_no_backoff") {
  dialogue pool{of_size(1)};
  auto const slot = pool.reserve();
  REQUIRE(slot);
  pool.on(open_failed{*slot});
  CHECK(pool.stats().open_failed == 0);
  pool.acquire();
  pool.expect({open{s(0, 2), pool.in(5s)}});
}

TEST_CASE("nothing_can_be_added_to_a_full_pool") {
  dialogue pool{of_size(1)};
  CHECK(pool.reserve());
  CHECK_FALSE(pool.reserve());
  CHECK(pool.stats().opening == 1);
  CHECK(pool.next_deadline() == never); // a caller brings it: no hook could hang
}

TEST_CASE("a_full_pool_is_not_woken_by_the_end_of_a_backoff") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire(1h);
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  CHECK(pool.next_deadline() == pool.in(10ms));
  CHECK(pool.reserve() == s(0, 2));
  CHECK(pool.next_deadline() == pool.in(1h)); // there is no place
  pool.on(opened{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
  pool.acquire(1h);
  CHECK(pool.next_deadline() == pool.in(1h));
}

} // namespace conecta::core
