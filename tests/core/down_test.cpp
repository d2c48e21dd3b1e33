// While the backend is down, and when it comes back: fail_fast, the lone prober, the slow start.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.backoff = {.initial = 10ms, .limit = 40ms, .jitter = 0};
  return options;
}

pool_options failing_fast(std::size_t slots) {
  auto options = of_size(slots);
  options.when_down = while_down::fail_fast;
  return options;
}

} // namespace

TEST_CASE("with_fail_fast_all_who_wait_are_told_when_the_last_open_has_failed") {
  dialogue pool{failing_fast(2)};
  auto const first = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  auto const second = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  pool.expect({}); // there is hope
  pool.on(open_failed{s(0, 1)});
  pool.expect(
      {reject{first, reject_reason::open_failed}, reject{second, reject_reason::open_failed}});
}

TEST_CASE("with_fail_fast_a_newcomer_during_the_backoff_is_told_at_once") {
  dialogue pool{failing_fast(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.expect({reject{caller, reject_reason::open_failed}});
  CHECK(pool.stats().rejected == 1);
  auto const newcomer = pool.at(9ms).acquire();
  pool.expect({reject{newcomer, reject_reason::open_failed}});
  CHECK(pool.next_deadline() == never); // nobody waits: nobody probes
}

TEST_CASE("with_fail_fast_the_first_to_come_after_the_backoff_probes") {
  dialogue pool{failing_fast(2)};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(open_failed{s(0, 1)});
  pool.forget_what_was_heard();
  auto const prober = pool.at(10ms).acquire();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  auto const other = pool.acquire();
  pool.expect({}); // with one on its way, it waits and shares the fate
  pool.on(open_failed{s(0, 2)});
  pool.expect(
      {reject{prober, reject_reason::open_failed}, reject{other, reject_reason::open_failed}});
}

TEST_CASE("with_fail_fast_callers_wait_for_what_is_lent") {
  dialogue pool{failing_fast(2)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  pool.expect({});
  pool.on(give_back{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("with_fail_fast_callers_are_told_when_what_was_lent_is_lost") {
  dialogue pool{failing_fast(3)};
  pool.hold(2);
  auto const caller = pool.acquire();
  pool.expect({open{s(2, 1), pool.in(5s)}});
  pool.on(open_failed{s(2, 1)});
  pool.on(detach{s(1, 2)});
  pool.expect({}); // one is left
  pool.on(discard{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::broken, pool.in(5s)},
               reject{caller, reject_reason::open_failed}});
}

TEST_CASE("with_fail_fast_callers_wait_for_a_check_and_a_reset_under_way") {
  auto options = failing_fast(2);
  options.returned = on_return::reset;
  dialogue pool{options, {.reset = true}};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(give_back{s(0, 2)});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  pool.expect({});
  pool.on(reset_done{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)},
               reject{caller, reject_reason::open_failed}});
}

TEST_CASE("with_fail_fast_an_open_that_hangs_during_an_outage_is_no_hope") {
  dialogue pool{failing_fast(1)};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(open_failed{s(0, 1)});
  pool.forget_what_was_heard();
  auto const caller = pool.at(10ms).acquire();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.at(5010ms).tick();
  pool.expect({interrupt{s(0, 2)}, reject{caller, reject_reason::open_failed}});
}

TEST_CASE("with_fail_fast_a_hang_alone_is_no_failure_yet") {
  dialogue pool{failing_fast(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}});
  pool.on(open_failed{s(0, 1)}); // as it was asked to
  pool.expect({reject{caller, reject_reason::open_failed}});
}

TEST_CASE("who_only_tries_is_told_that_nothing_is_left_even_with_fail_fast") {
  dialogue pool{failing_fast(1)};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(open_failed{s(0, 1)});
  pool.forget_what_was_heard();
  auto const trying = pool.acquire(0s);
  pool.expect({reject{trying, reject_reason::exhausted}});
}

TEST_CASE("with_fail_fast_min_idle_still_probes_in_the_background") {
  auto options = failing_fast(1);
  options.min_idle = 1;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms).tick();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  auto const caller = pool.acquire();
  pool.on(opened{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("with_fail_fast_what_is_lent_but_will_not_come_back_for_callers_is_no_hope") {
  auto options = failing_fast(2);
  SECTION("because it is stale") {
    dialogue pool{options};
    pool.hold(1);
    pool.on(invalidate{});
    auto const caller = pool.acquire();
    pool.expect({open{s(1, 1), pool.in(5s)}});
    pool.on(open_failed{s(1, 1)});
    pool.expect({reject{caller, reject_reason::open_failed}});
  }
  SECTION("because it was written off") {
    options.leak_threshold = 1s;
    options.reclaim_after = 2s;
    dialogue pool{options};
    pool.hold(1);
    pool.at(1s).tick();
    pool.forget_what_was_heard();
    if (GENERATE(false, true)) {
      pool.on(invalidate{});
    }
    pool.at(2s).tick();
    pool.forget_what_was_heard();
    auto const caller = pool.acquire();
    pool.expect({open{s(1, 1), pool.in(5s)}});
    pool.on(open_failed{s(1, 1)});
    pool.expect({reject{caller, reject_reason::open_failed}});
  }
}

TEST_CASE("what_looks_dead_as_soon_as_it_is_opened_counts_as_a_failed_open") {
  dialogue pool{of_size(2), {.look = true}};
  pool.hold(1);
  auto const again = pool.spurn(s(0, 2));
  REQUIRE(again);
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}});
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{*again, s(1, 2)}});
}

TEST_CASE("what_looks_dead_after_it_was_invalidated_says_nothing_of_the_backend") {
  dialogue pool{of_size(2), {.look = true}};
  pool.hold(1);
  pool.on(invalidate{});
  pool.on(invalidate{}); // which changes nothing for it
  REQUIRE(pool.spurn(s(0, 2)));
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  CHECK_FALSE(pool.machine().opens_fail());
  pool.on(open_failed{s(1, 1)});
  CHECK(pool.machine().opens_fail());
}

TEST_CASE("where_nobody_may_wait_an_outage_is_told_as_such_with_fail_fast") {
  auto options = failing_fast(1);
  options.max_waiters = 0;
  dialogue pool{options};
  auto const first = pool.acquire();
  pool.expect({reject{first, reject_reason::queue_full}, open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  auto const second = pool.acquire();
  pool.expect({reject{second, reject_reason::open_failed}});
  pool.at(10ms).on(suspend{});
  auto const third = pool.acquire();
  pool.expect({reject{third, reject_reason::queue_full}}); // and nothing is opened
}

TEST_CASE("what_looks_dead_again_and_again_is_waited_for_ever_longer") {
  dialogue pool{of_size(1), {.look = true}};
  pool.hold(1);
  auto again = pool.spurn(s(0, 2));
  auto generation = 3U;
  duration passed{};
  for (auto const pause : {10ms, 20ms, 40ms, 40ms}) { // its limit
    pool.forget_what_was_heard();
    pool.on(closed{s(0, generation)});
    CHECK(pool.next_deadline() == pool.in(pause));
    passed += pause;
    pool.at(passed).tick();
    pool.expect({open{s(0, generation + 1), pool.in(5s)}});
    pool.on(opened{s(0, generation + 1)});
    pool.expect({grant{*again, s(0, generation + 2)}});
    again = pool.spurn(s(0, generation + 2));
    generation += 3;
  }
  pool.forget_what_was_heard();
}

TEST_CASE("what_was_idle_before_it_looks_dead_says_nothing_of_the_backend") {
  dialogue pool{of_size(2), {.look = true}};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(cancel{caller});
  pool.forget_what_was_heard();
  pool.on(opened{s(0, 1)});
  pool.at(11ms).acquire(); // later than the first pause
  pool.forget_what_was_heard();
  REQUIRE(pool.spurn(s(0, 2)));
  pool.expect({close{s(0, 3), close_reason::stale, pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
}

TEST_CASE("unless_the_options_say_so_callers_wait_through_an_outage") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire(15ms);
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.at(10ms).tick();
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.on(open_failed{s(0, 2)});
  pool.at(15ms).tick();
  pool.expect({reject{caller, reject_reason::timed_out}});
}

TEST_CASE("after_an_outage_one_open_probes_then_two_run_then_ever_more") {
  auto options = of_size(8);
  options.open_concurrency = 3;
  dialogue pool{options};
  std::vector<ticket> callers;
  for (std::uint32_t index = 0; index < 8; ++index) {
    callers.push_back(pool.acquire());
    pool.forget_what_was_heard();
  }
  for (std::uint32_t index = 0; index < 3; ++index) {
    pool.on(open_failed{s(index, 1)});
  }
  pool.expect({});
  pool.at(10ms).tick();
  pool.expect({open{s(2, 2), pool.in(5s)}});
  pool.on(opened{s(2, 2)});
  pool.expect({grant{callers[0], s(2, 3)}, open{s(1, 2), pool.in(5s)}, open{s(0, 2), pool.in(5s)}});
  pool.on(opened{s(1, 2)});
  pool.expect({grant{callers[1], s(1, 3)}, open{s(3, 1), pool.in(5s)}, open{s(4, 1), pool.in(5s)}});
  pool.on(opened{s(0, 2)});
  pool.expect({grant{callers[2], s(0, 3)}, open{s(5, 1), pool.in(5s)}}); // open_concurrency
}

TEST_CASE("a_failure_during_the_slow_start_leaves_a_lone_prober_again") {
  auto options = of_size(4);
  dialogue pool{options};
  std::vector<ticket> callers;
  for (std::uint32_t index = 0; index < 4; ++index) {
    callers.push_back(pool.acquire());
    pool.forget_what_was_heard();
  }
  for (std::uint32_t index = 0; index < 4; ++index) {
    pool.on(open_failed{s(index, 1)});
  }
  pool.at(10ms).tick();
  pool.expect({open{s(3, 2), pool.in(5s)}});
  pool.on(opened{s(3, 2)});
  pool.expect({grant{callers[0], s(3, 3)}, open{s(2, 2), pool.in(5s)}, open{s(1, 2), pool.in(5s)}});
  pool.on(open_failed{s(2, 2)});
  pool.on(open_failed{s(1, 2)});
  pool.at(20ms).tick();
  pool.expect({open{s(1, 3), pool.in(5s)}}); // one, though three wait
}

} // namespace conecta::core
