// Checks that a caller waits for: check_on_acquire.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr hooks_present with_check{.check = true};

pool_options checked_always(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.check_on_acquire = acquire_check::always;
  return options;
}

pool_options checked_if_idle(std::size_t slots) {
  auto options = checked_always(slots);
  options.check_on_acquire = acquire_check::if_idle_for;
  options.check_if_idle_for = 500ms;
  return options;
}

} // namespace

TEST_CASE("a_caller_waits_for_the_check_of_what_it_gets") {
  dialogue pool{checked_always(1), with_check};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
  CHECK(pool.stats().checks_ok == 1);
}

TEST_CASE("what_was_just_opened_or_reset_is_lent_without_a_check") {
  auto options = checked_always(1);
  options.returned = on_return::reset;
  dialogue pool{options, {.check = true, .reset = true}};
  pool.hold(1); // it came from an open
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(reset_done{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("what_comes_back_is_checked_before_the_next_in_the_queue_has_it") {
  dialogue pool{checked_always(1), with_check};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("without_a_check_hook_everything_is_lent_as_it_is") {
  dialogue pool{checked_always(1)};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("who_only_tries_gets_nothing_that_must_be_checked_and_leaves_it_checked") {
  dialogue pool{checked_if_idle(1), with_check};
  pool.fill(1);
  pool.at(500ms);
  auto const hasty = pool.acquire(0s);
  pool.expect({check{s(0, 3), 0, pool.in(1s)}, reject{hasty, reject_reason::exhausted}});
  pool.on(checked{s(0, 3), health::good});
  auto const next = pool.acquire(0s);
  pool.expect({grant{next, s(0, 4)}});
}

TEST_CASE("a_bad_check_is_not_tried_again_while_a_caller_waits_who_gets_another") {
  dialogue pool{checked_always(2), with_check};
  pool.fill(2);
  auto const caller = pool.acquire();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  pool.on(checked{s(1, 3), health::bad});
  pool.expect(
      {close{s(1, 4), close_reason::unhealthy, pool.in(5s)}, check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({open{s(0, 5), pool.in(5s)}});
  pool.on(opened{s(0, 5)});
  pool.expect({grant{caller, s(0, 6)}});
}

TEST_CASE("a_check_that_hangs_is_interrupted_and_its_caller_served_by_another") {
  dialogue pool{checked_always(2), with_check};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.at(1s).tick();
  pool.expect({interrupt{s(0, 3)}, open{s(1, 1), pool.in(5s)}});
  CHECK(pool.stats().stuck == 1);
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
  pool.on(checked{s(0, 3), health::good}); // it is fine after all
  CHECK(pool.stats().stuck == 0);
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_check_that_hangs_and_ends_well_serves_who_still_waits") {
  dialogue pool{checked_always(1), with_check};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.at(1s).tick();
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("a_check_for_a_caller_that_hangs_and_ends_badly_is_not_tried_again_either") {
  dialogue pool{checked_always(1), with_check};
  pool.fill(1);
  pool.acquire(2s);
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.at(1s).tick();
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
}

TEST_CASE("a_check_that_was_called_off_before_it_began_says_nothing_and_is_asked_for_again") {
  dialogue pool{checked_always(1), with_check};
  pool.fill(1);
  auto const caller = pool.acquire(2s);
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.at(1s).tick();
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::unknown});
  pool.expect({check{s(0, 4), 0, pool.in(1s)}});
  CHECK(pool.stats().checks_failed == 0);
  pool.on(checked{s(0, 4), health::good});
  pool.expect({grant{caller, s(0, 5)}});
  CHECK(pool.stats().checks_ok == 1);
}

TEST_CASE("who_cancels_during_its_check_leaves_a_resource_that_is_checked_again") {
  dialogue pool{checked_always(1), with_check};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(cancel{caller});
  pool.expect({reject{caller, reject_reason::cancelled}});
  pool.on(checked{s(0, 3), health::good});
  pool.acquire();
  pool.expect({check{s(0, 4), 0, pool.in(1s)}});
}

TEST_CASE("as_many_are_checked_at_once_as_callers_wait_up_to_check_concurrency") {
  auto options = checked_always(4);
  options.check_concurrency = 2;
  dialogue pool{options, with_check};
  pool.fill(4);
  auto const first = pool.acquire();
  pool.expect({check{s(3, 3), 0, pool.in(1s)}});
  pool.acquire();
  pool.expect({check{s(2, 3), 0, pool.in(1s)}});
  pool.acquire();
  pool.expect({});
  pool.on(checked{s(2, 3), health::good});
  pool.expect({grant{first, s(2, 4)}, check{s(1, 3), 0, pool.in(1s)}});
}

TEST_CASE("what_was_used_or_checked_recently_is_lent_without_a_check") {
  dialogue pool{checked_if_idle(1), with_check};
  pool.fill(1);
  auto const soon = pool.at(499ms).acquire();
  pool.expect({grant{soon, s(0, 3)}});
  pool.at(1s).on(give_back{s(0, 3)});
  auto const caller = pool.at(1500ms).acquire();
  pool.expect({check{s(0, 4), 0, pool.in(1s)}});
  pool.on(cancel{caller});
  pool.forget_what_was_heard();
  pool.on(checked{s(0, 4), health::good}); // which counts as well as use
  auto const next = pool.at(1999ms).acquire();
  pool.expect({grant{next, s(0, 5)}});
}

TEST_CASE("a_lifetime_that_ends_is_noticed_before_a_check") {
  auto options = checked_always(1);
  options.max_lifetime = 1s;
  options.lifetime_jitter = 0;
  dialogue pool{options, with_check};
  pool.fill(1);
  pool.at(1s).acquire();
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}});
}

} // namespace conecta::core
