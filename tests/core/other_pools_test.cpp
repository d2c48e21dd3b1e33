// What other pools test, and no other file here: docs/behaviours.md names whose each one is.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  return options;
}

} // namespace

TEST_CASE("an_open_has_its_own_deadline_and_outlives_its_callers") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire(1ms);
  pool.expect({open{s(0, 1), pool.in(5s)}}); // open_timeout, not the caller's millisecond
  pool.at(1ms).tick();
  pool.expect({reject{caller, reject_reason::timed_out}});
  pool.on(opened{s(0, 1)});
  CHECK(pool.stats().idle == 1);
  CHECK(pool.stats().timed_out == 1);
}

TEST_CASE("the_counts_say_what_every_slot_does") {
  auto options = of_size(6);
  options.returned = on_return::reset;
  dialogue pool{options, {.check = true, .reset = true}};
  pool.hold(4);
  pool.on(give_back{s(0, 2)});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(reset_done{s(0, 3), health::good});
  pool.at(1s).tick();
  pool.expect({check{s(0, 4), 0, pool.in(1s)}});
  pool.on(give_back{s(1, 2)});
  pool.expect({reset{s(1, 3), pool.in(5s)}});
  pool.on(discard{s(2, 2)});
  pool.expect({close{s(2, 3), close_reason::broken, pool.in(5s)}});
  CHECK(pool.reserve() == s(4, 1));
  pool.on(opened{s(4, 1)});
  auto const lucky = pool.acquire();
  pool.expect({grant{lucky, s(4, 2)}});
  pool.acquire();
  pool.acquire();
  pool.expect({}); // one is being checked and one reset: both are for callers
  pool.acquire();
  pool.expect({open{s(5, 1), pool.in(5s)}});
  pool_counts const expected{.idle = 0,
                             .leased = 2,
                             .opening = 1,
                             .checking = 1,
                             .resetting = 1,
                             .closing = 1,
                             .stuck = 0,
                             .waiters = 3};
  CHECK(pool.machine().counts() == expected);
}

TEST_CASE("who_waits_is_served_though_what_was_lent_is_lost_and_its_replacement_fails") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(discard{s(0, 2)});
  pool.forget_what_was_heard();
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
  pool.on(open_failed{s(0, 4)});
  pool.at(10ms).tick();
  pool.expect({open{s(0, 5), pool.in(5s)}});
  pool.on(opened{s(0, 5)});
  pool.expect({grant{first, s(0, 6)}});
  pool.on(give_back{s(0, 6)});
  pool.expect({grant{second, s(0, 7)}});
}

TEST_CASE("a_return_serves_who_waits_while_opens_fail") {
  dialogue pool{of_size(2)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  pool.at(1ms).on(give_back{s(0, 2)}); // in the middle of the backoff
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("the_place_of_what_was_taken_out_can_be_filled_again") {
  dialogue pool{of_size(2)};
  CHECK(pool.reserve() == s(0, 1));
  pool.on(opened{s(0, 1)});
  CHECK(pool.reserve() == s(1, 1));
  pool.on(opened{s(1, 1)});
  CHECK(pool.reserve() == std::nullopt);
  auto const lease = pool.lend();
  CHECK(pool.reserve() == std::nullopt); // what is lent keeps its place
  pool.on(detach{lease});
  CHECK(pool.reserve());
  CHECK(pool.stats().added == 2);
}

TEST_CASE("what_failed_its_checks_frees_its_place_once_it_is_closed") {
  auto options = of_size(1);
  options.check_retries = 0;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
  CHECK(pool.reserve() == std::nullopt);
  pool.on(closed{s(0, 4)});
  CHECK(pool.reserve() == s(0, 5)); // nobody had to come by first
}

TEST_CASE("min_idle_is_filled_as_far_as_max_size_allows") {
  auto options = of_size(10);
  options.min_idle = 5;
  options.open_concurrency = 10;
  dialogue pool{options};
  for (auto lent = 0; lent < 7; ++lent) {
    pool.acquire();
    pool.forget_what_was_heard();
  }
  for (std::uint32_t index = 0; index < 10; ++index) {
    pool.on(opened{s(index, 1)});
    pool.forget_what_was_heard();
  }
  CHECK(pool.stats().leased == 7);
  CHECK(pool.stats().idle == 3); // two short of min_idle: the cap comes first
  for (std::uint32_t index = 0; index < 7; ++index) {
    pool.on(give_back{s(index, 2)});
  }
  CHECK(pool.stats().idle == 10);
  CHECK(pool.stats().opened == 10);
}

TEST_CASE("who_comes_while_min_idle_is_opening_gets_what_opens") {
  auto options = of_size(2);
  options.min_idle = 1;
  dialogue pool{options};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(opened{s(0, 1)});
  pool.forget_what_was_heard(); // lent, and the second is opening for min_idle
  auto const caller = pool.acquire();
  pool.expect({}); // no third
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
}

TEST_CASE("a_lifetime_shorter_than_the_idle_timeout_ends_first") {
  auto options = of_size(1);
  options.max_lifetime = 2s;
  options.lifetime_jitter = 0;
  options.idle_timeout = 3s;
  dialogue pool{options};
  pool.fill(1);
  pool.at(1s).tick();
  pool.expect({});
  pool.at(2s).tick();
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}});
}

TEST_CASE("an_empty_pool_has_nothing_to_evict") {
  dialogue pool{of_size(2)};
  pool.on(evict_idle{});
  pool.on(evict_idle{});
  pool.expect({});
  CHECK(pool.next_deadline() == never); // and no scan comes for nothing
}

TEST_CASE("who_only_tries_a_full_pool_is_refused_and_nothing_is_opened") {
  dialogue pool{of_size(3)};
  pool.hold(3);
  auto const caller = pool.acquire(0s);
  pool.expect({reject{caller, reject_reason::exhausted}});
  pool.on(give_back{s(1, 2)});
  auto const next = pool.acquire(0s);
  pool.expect({grant{next, s(1, 3)}});
}

TEST_CASE("of_twice_as_many_callers_as_resources_half_time_out") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  auto const third = pool.acquire(500ms);
  auto const fourth = pool.acquire(500ms);
  pool.at(500ms).tick();
  pool.expect({reject{third, reject_reason::timed_out}, reject{fourth, reject_reason::timed_out}});
  pool.at(1s).on(give_back{s(0, 2)}); // held for twice as long as they waited
  pool.on(give_back{s(1, 2)});
  CHECK(pool.stats().timed_out == 2);
  CHECK(pool.stats().idle == 2); // and none leaked
  auto const again = pool.acquire(500ms);
  pool.expect({grant{again, s(1, 3)}});
}

} // namespace conecta::core
