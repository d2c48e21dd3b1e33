// invalidate: nothing of before is lent again, whatever it is doing. And evict_idle.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.returned = on_return::reset;
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  return options;
}

} // namespace

TEST_CASE("an_invalidate_closes_idle_ones_at_once_and_lent_ones_when_they_come_back") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.on(invalidate{});
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::stale] == 1);
  pool.on(give_back{s(1, 2)});
  pool.expect({close{s(1, 3), close_reason::stale, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::stale] == 1); // somebody held it
}

TEST_CASE("a_lease_from_before_an_invalidate_is_not_reset_but_replaced_for_those_who_wait") {
  dialogue pool{of_size(1), {.reset = true}};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(invalidate{});
  pool.on(give_back{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
  pool.on(opened{s(0, 4)});
  pool.expect({grant{caller, s(0, 5)}});
  pool.on(give_back{s(0, 5)});
  pool.expect({reset{s(0, 6), pool.in(5s)}}); // of the new generation
}

TEST_CASE("a_lease_from_before_an_invalidate_may_be_discarded_or_detached") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  pool.on(invalidate{});
  pool.on(discard{s(0, 2), close_reason::discarded});
  pool.expect({close{s(0, 3), close_reason::discarded, pool.in(5s)}});
  pool.on(detach{s(1, 2)});
  pool.expect({});
  CHECK(pool.lend() == s(1, 4));
  pool.on(give_back{s(1, 4)});
  CHECK(pool.stats().idle == 1); // the slot has forgotten
}

TEST_CASE("an_open_from_before_an_invalidate_is_replaced_at_once_and_closed_when_it_arrives") {
  dialogue pool{of_size(2)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 1)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::stale, pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
}

TEST_CASE("an_open_from_before_an_invalidate_holds_its_place_until_it_ends") {
  dialogue pool{of_size(1)};
  pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 1)}});
  pool.on(open_failed{s(0, 1)}); // as it was asked to: that starts no backoff
  pool.expect({open{s(0, 2), pool.in(5s)}});
  CHECK(pool.stats().open_failed == 1);
  pool.on(open_failed{s(0, 2)}); // that does
  pool.expect({});
  CHECK(pool.next_deadline() == pool.in(10ms));
}

TEST_CASE("with_fail_fast_callers_do_not_hear_of_opens_that_an_invalidate_stopped") {
  auto options = of_size(1);
  options.when_down = while_down::fail_fast;
  dialogue pool{options};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 1)}});
  pool.on(open_failed{s(0, 1)});
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.on(opened{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("a_check_from_before_an_invalidate_saves_nothing") {
  dialogue pool{of_size(1), {.check = true}};
  pool.fill(1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 3)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
}

TEST_CASE("a_caller_whose_resource_is_checked_when_it_becomes_stale_gets_a_new_one") {
  auto options = of_size(2);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 3)}, open{s(1, 1), pool.in(5s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
}

TEST_CASE("a_reset_from_before_an_invalidate_saves_nothing") {
  dialogue pool{of_size(1), {.reset = true}};
  pool.hold(1);
  pool.on(give_back{s(0, 2)});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 3)}});
  pool.on(reset_done{s(0, 3), health::good});
  pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
}

TEST_CASE("a_hook_that_is_stuck_already_is_not_interrupted_by_an_invalidate") {
  dialogue pool{of_size(1)};
  pool.acquire(10s);
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}});
  pool.on(invalidate{});
  pool.expect({});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::stale, pool.in(5s)}});
  CHECK(pool.stats().stuck == 0);
}

TEST_CASE("a_hook_is_asked_to_stop_by_the_first_invalidate_only") {
  dialogue pool{of_size(1)};
  pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({interrupt{s(0, 1)}});
  pool.on(invalidate{});
  pool.expect({});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}}); // by its deadline, though
  CHECK(pool.stats().stuck == 1);
}

TEST_CASE("what_somebody_is_adding_during_an_invalidate_is_closed_as_stale") {
  dialogue pool{of_size(1)};
  CHECK(pool.reserve() == s(0, 1));
  pool.on(invalidate{});
  pool.expect({}); // there is no hook to interrupt
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::stale, pool.in(5s)}});
}

TEST_CASE("what_is_closing_already_keeps_its_reason") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  pool.on(discard{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::broken, pool.in(5s)}});
  pool.on(invalidate{});
  pool.expect({});
  pool.on(closed{s(0, 3)});
  CHECK(pool.stats().closed_by[close_reason::broken] == 1);
}

TEST_CASE("min_idle_is_opened_anew_after_an_invalidate") {
  auto options = of_size(2);
  options.min_idle = 1;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.on(invalidate{});
  pool.expect({close{s(0, 2), close_reason::stale, pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
}

TEST_CASE("a_closed_pool_has_no_generations") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  pool.on(drain{});
  pool.refuses(invalidate{});
  pool.refuses(evict_idle{});
}

TEST_CASE("evict_idle_closes_what_is_idle_and_nothing_else") {
  auto options = of_size(3);
  options.min_idle = 1;
  dialogue pool{options, {.check = true}};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.at(1s).tick();
  pool.expect({check{s(0, 2), 0, pool.in(1s)}});
  CHECK(pool.reserve() == s(1, 1));
  pool.on(opened{s(1, 1)});
  pool.on(evict_idle{});
  pool.expect({close{s(1, 2), close_reason::idle, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::idle] == 1);
  pool.on(checked{s(0, 2), health::good});
  pool.on(evict_idle{}); // min_idle does not save it, but comes back
  pool.expect({close{s(0, 3), close_reason::idle, pool.in(5s)}, open{s(2, 1), pool.in(5s)}});
}

} // namespace conecta::core
