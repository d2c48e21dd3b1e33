// Closing the pool, whatever it is doing at that moment.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options one_slot() {
  pool_options options;
  options.max_size = 1;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.returned = on_return::reset;
  return options;
}

constexpr hooks_present all_hooks{.check = true, .reset = true};

} // namespace

TEST_CASE("an_empty_pool_is_drained_at_once_and_only_once") {
  dialogue pool{one_slot()};
  CHECK(pool.machine().accepts_callers());
  pool.on(drain{});
  pool.expect({drained{}});
  CHECK_FALSE(pool.machine().accepts_callers());
  pool.refuses(drain{});
  pool.tick();
  pool.expect({});
  CHECK(pool.next_deadline() == never);
}

TEST_CASE("a_closed_pool_grants_opens_and_takes_nothing") {
  auto options = one_slot();
  options.min_idle = 1;
  dialogue pool{options};
  pool.on(drain{});
  pool.expect({drained{}});
  auto const caller = pool.acquire();
  pool.expect({reject{caller, reject_reason::closed}});
  CHECK_FALSE(pool.reserve());
  pool.at(1h).tick();
  pool.expect({});
}

TEST_CASE("those_who_wait_are_told_in_their_order_that_the_pool_is_closed") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(drain{});
  pool.expect({reject{first, reject_reason::closed}, reject{second, reject_reason::closed}});
  pool.on(give_back{lease}); // no reset any more
  pool.expect({close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({drained{}});
}

TEST_CASE("idle_resources_are_closed_and_are_no_evictions") {
  dialogue pool{one_slot()};
  pool.on(give_back{pool.lend()});
  pool.on(drain{});
  pool.expect({close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({drained{}});
  CHECK(pool.stats().evicted_by[close_reason::shutdown] == 0);
  CHECK(pool.stats().closed_by[close_reason::shutdown] == 1);
}

TEST_CASE("an_open_under_way_is_interrupted_and_a_late_resource_is_closed") {
  dialogue pool{one_slot()};
  auto const caller = pool.acquire();
  pool.forget_what_was_heard();
  pool.on(drain{});
  pool.expect({reject{caller, reject_reason::closed}, interrupt{s(0, 1)}});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 2)});
  pool.expect({drained{}});
}

TEST_CASE("an_open_that_fails_after_the_close_is_not_tried_again") {
  dialogue pool{one_slot()};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(drain{});
  pool.forget_what_was_heard();
  pool.on(open_failed{s(0, 1)});
  pool.expect({drained{}});
  CHECK(pool.next_deadline() == never);
}

TEST_CASE("what_is_being_added_has_no_hook_to_interrupt_and_is_closed") {
  dialogue pool{one_slot()};
  CHECK(pool.reserve() == s(0, 1));
  pool.on(drain{});
  pool.expect({});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 2)});
  pool.expect({drained{}});
}

TEST_CASE("a_check_that_closing_cuts_off_is_no_failed_check") {
  dialogue pool{one_slot(), {.check = true, .reset = false}};
  pool.on(give_back{pool.lend()});
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(drain{});
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::shutdown, pool.in(5s)}});
  CHECK(pool.stats().checks_failed == 0);
}

TEST_CASE("a_check_under_way_is_interrupted_and_its_resource_closed_even_if_good") {
  dialogue pool{one_slot(), {.check = true, .reset = false}};
  pool.on(give_back{pool.lend()});
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(drain{});
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({close{s(0, 4), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({drained{}});
}

TEST_CASE("a_reset_under_way_is_interrupted_and_its_resource_closed") {
  dialogue pool{one_slot(), all_hooks};
  pool.on(give_back{pool.lend()});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(drain{});
  pool.expect({interrupt{s(0, 3)}});
  pool.on(reset_done{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({drained{}});
}

TEST_CASE("a_lease_that_is_discarded_after_the_close_counts_as_shutdown") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  pool.on(drain{});
  pool.expect({});
  pool.on(discard{lease});
  pool.expect({close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({drained{}});
}

TEST_CASE("the_last_lease_that_is_detached_drains_the_pool") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  pool.on(drain{});
  pool.on(detach{lease});
  pool.expect({drained{}});
}

TEST_CASE("a_close_under_way_goes_on_and_one_that_hangs_is_interrupted") {
  dialogue pool{one_slot()};
  pool.on(discard{pool.lend()});
  pool.forget_what_was_heard();
  pool.on(drain{});
  pool.expect({}); // it is closing already
  CHECK(pool.next_deadline() == pool.in(5s));
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 3)}});
  pool.on(closed{s(0, 3)});
  pool.expect({drained{}});
}

} // namespace conecta::core
