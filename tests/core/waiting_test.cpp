// Who is served, in which order, and who is told no.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  return options;
}

} // namespace

TEST_CASE("a_caller_with_nothing_idle_is_granted_what_is_opened_for_it") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(1ms).on(opened{s(0, 1)});
  pool.expect({grant{caller, s(0, 2)}}); // a new use of the slot has a new name
}

TEST_CASE("an_idle_resource_is_lent_at_once") {
  dialogue pool{of_size(1)};
  pool.on(give_back{pool.lend()});
  pool.expect({});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("no_more_slots_are_used_than_max_size") {
  dialogue pool{of_size(2)};
  auto const first = pool.lend();
  pool.lend();
  auto const third = pool.acquire();
  pool.expect({}); // both are lent: it waits
  pool.on(discard{first});
  pool.expect({close{s(0, 3), close_reason::broken, pool.in(5s)}}); // which still holds the slot
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
  pool.on(opened{s(0, 4)});
  pool.expect({grant{third, s(0, 5)}});
  CHECK(pool.stats().peak_live == 2);
}

TEST_CASE("callers_are_served_in_the_order_they_came") {
  dialogue pool{of_size(1)};
  auto const lease = pool.lend();
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(give_back{lease});
  pool.expect({grant{first, s(0, 3)}});
  auto const third = pool.acquire();
  pool.on(give_back{s(0, 3)});
  pool.expect({grant{second, s(0, 4)}}); // who came later does not overtake
  pool.on(give_back{s(0, 4)});
  pool.expect({grant{third, s(0, 5)}});
  CHECK(pool.stats().peak_waiters == 2);
}

TEST_CASE("who_only_tries_is_refused_when_nothing_is_idle_and_leaves_one_opening") {
  dialogue pool{of_size(2)};
  auto const caller = pool.acquire(0s);
  pool.expect({reject{caller, reject_reason::exhausted}, open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({}); // for whoever tries next
  auto const next = pool.acquire(0s);
  pool.expect({grant{next, s(0, 2)}});
}

TEST_CASE("who_only_tries_again_and_again_leaves_no_more_than_one_opening") {
  dialogue pool{of_size(2)};
  pool.acquire(0s);
  pool.forget_what_was_heard();
  auto const again = pool.acquire(0s);
  pool.expect({reject{again, reject_reason::exhausted}});
}

TEST_CASE("a_caller_beyond_max_waiters_is_refused") {
  auto options = of_size(1);
  options.max_waiters = 1;
  dialogue pool{options};
  auto const lease = pool.lend();
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.expect({reject{second, reject_reason::queue_full}});
  pool.on(give_back{lease});
  pool.expect({grant{first, s(0, 3)}});
  CHECK(pool.stats().rejected == 1);
}

TEST_CASE("nobody_may_wait_where_max_waiters_is_none_but_one_is_opened_for_the_next") {
  auto options = of_size(1);
  options.max_waiters = 0;
  dialogue pool{options};
  auto const caller = pool.acquire();
  pool.expect({reject{caller, reject_reason::queue_full}, open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  auto const next = pool.acquire();
  pool.expect({grant{next, s(0, 2)}});
}

TEST_CASE("a_caller_is_told_at_its_deadline_and_never_granted_after") {
  dialogue pool{of_size(1)};
  auto const lease = pool.lend();
  auto const caller = pool.acquire(10ms);
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms - 1ns).tick();
  pool.expect({});
  pool.at(10ms).tick();
  pool.expect({reject{caller, reject_reason::timed_out}});
  pool.on(give_back{lease});
  pool.expect({});
  CHECK(pool.stats().timed_out == 1);
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_return_later_than_the_deadline_finds_nobody_even_if_no_tick_came") {
  dialogue pool{of_size(1)};
  auto const lease = pool.lend();
  auto const late = pool.acquire(10ms);
  auto const patient = pool.acquire();
  pool.at(10ms).on(give_back{lease});
  pool.expect({reject{late, reject_reason::timed_out}, grant{patient, s(0, 3)}});
}

TEST_CASE("an_acquire_finds_the_places_of_those_whose_time_is_over") {
  auto options = of_size(1);
  options.max_waiters = 1;
  dialogue pool{options};
  pool.lend();
  auto const late = pool.acquire(10ms);
  pool.at(10ms).acquire();
  pool.expect({reject{late, reject_reason::timed_out}}); // and no queue_full
}

TEST_CASE("a_deadline_is_not_armed_again_by_what_happens_meanwhile") {
  auto options = of_size(1);
  options.backoff = {.initial = 1ms, .limit = 1ms, .jitter = 0};
  dialogue pool{options};
  auto const caller = pool.acquire(10ms);
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(8ms).on(open_failed{s(0, 1)});
  pool.at(9ms).tick();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  CHECK(pool.next_deadline() == pool.in(1ms));
  pool.at(10ms).tick();
  pool.expect({reject{caller, reject_reason::timed_out}});
}

TEST_CASE("a_cancelled_waiter_never_receives_a_grant") {
  dialogue pool{of_size(1)};
  auto const lease = pool.lend();
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(cancel{first});
  pool.expect({reject{first, reject_reason::cancelled}});
  pool.on(give_back{lease});
  pool.expect({grant{second, s(0, 3)}}); // what was meant for the first is not lost
  pool.refuses(cancel{first});
  CHECK(pool.stats().cancelled == 1);
}

TEST_CASE("a_cancel_after_the_grant_is_refused_and_the_driver_passes_the_slot_on") {
  dialogue pool{of_size(1)};
  auto const lease = pool.lend();
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(give_back{lease});
  pool.expect({grant{first, s(0, 3)}});
  pool.refuses(cancel{first});
  pool.on(give_back{s(0, 3)});
  pool.expect({grant{second, s(0, 4)}});
}

TEST_CASE("a_cancelled_open_goes_on_and_its_resource_goes_idle") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(cancel{caller});
  pool.expect({reject{caller, reject_reason::cancelled}});
  pool.on(opened{s(0, 1)});
  pool.expect({});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_ticket_of_another_caller_in_the_same_place_is_refused") {
  dialogue pool{of_size(1)};
  pool.lend();
  auto const first = pool.acquire(1ms);
  pool.at(1ms).tick();
  pool.expect({reject{first, reject_reason::timed_out}});
  auto const second = pool.acquire();
  CHECK(second.place == first.place);
  pool.refuses(cancel{first});
  pool.refuses(cancel{ticket{5000, 1}});
}

} // namespace conecta::core
