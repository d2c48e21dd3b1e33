// fairness::barging: who waits is woken and asks again, and whoever asks first is served.

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
  options.fair = fairness::barging;
  return options;
}

} // namespace

TEST_CASE("a_return_wakes_who_waits_and_who_asks_is_granted") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  CHECK(pool.stats().waiters == 1);
  pool.on(retry{caller});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("what_was_opened_for_a_caller_wakes_it") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({wake{caller}});
  pool.on(retry{caller});
  pool.expect({grant{caller, s(0, 2)}});
}

TEST_CASE("a_newcomer_may_take_what_another_was_woken_for") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  auto const newcomer = pool.acquire();
  pool.expect({grant{newcomer, s(0, 3)}});
  pool.on(retry{first});
  pool.expect({}); // it sleeps on
  pool.on(give_back{s(0, 3)});
  pool.expect({wake{first}});
  pool.on(retry{first});
  pool.expect({grant{first, s(0, 4)}});
}

TEST_CASE("who_only_tries_may_barge_in_too") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  auto const trying = pool.acquire(0s);
  pool.expect({grant{trying, s(0, 3)}});
}

TEST_CASE("who_was_passed_over_max_overtaken_times_is_served_next") {
  auto options = of_size(1);
  options.max_overtaken = 2;
  dialogue pool{options};
  pool.hold(1);
  auto const patient = pool.acquire();
  for (std::uint32_t round = 1; round <= 2; ++round) {
    pool.on(give_back{s(0, round + 1)});
    pool.expect({wake{patient}});
    auto const newcomer = pool.acquire();
    pool.expect({grant{newcomer, s(0, round + 2)}});
    pool.on(retry{patient});
    pool.expect({});
  }
  pool.acquire();
  pool.on(give_back{s(0, 4)});
  pool.expect({grant{patient, s(0, 5)}});
}

TEST_CASE("only_as_many_are_woken_as_could_be_served") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.acquire();
  pool.on(give_back{s(1, 2)});
  pool.expect({wake{first}});
  pool.tick();
  pool.expect({}); // once
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{second}});
  pool.on(retry{second}); // whoever asks first
  pool.expect({grant{second, s(0, 3)}});
}

TEST_CASE("a_woken_caller_that_cancels_wakes_the_next") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  pool.on(cancel{first});
  pool.expect({reject{first, reject_reason::cancelled}, wake{second}});
}

TEST_CASE("a_woken_caller_whose_deadline_passes_wakes_the_next") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire(10ms);
  auto const second = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  pool.at(10ms).tick();
  pool.expect({reject{first, reject_reason::timed_out}, wake{second}});
}

TEST_CASE("who_asks_at_its_deadline_is_too_late") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire(10ms);
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  pool.at(10ms).on(retry{caller});
  pool.expect({reject{caller, reject_reason::timed_out}});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("only_who_was_woken_may_ask_again_and_only_once") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.refuses(retry{first});
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  pool.refuses(retry{second});
  pool.on(retry{first});
  pool.expect({grant{first, s(0, 3)}});
  pool.refuses(retry{first});
  pool.refuses(retry{ticket{5000, 1}});
}

TEST_CASE("nobody_is_woken_while_the_pool_is_suspended") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(suspend{});
  pool.on(give_back{s(0, 2)});
  pool.expect({});
  pool.on(resume{});
  pool.expect({wake{caller}});
}

TEST_CASE("who_was_woken_just_before_the_pool_was_suspended_is_woken_again_after") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  pool.on(suspend{});
  pool.on(retry{caller});
  pool.expect({});
  pool.on(resume{});
  pool.expect({wake{caller}});
}

TEST_CASE("a_closed_pool_refuses_those_that_were_woken") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  pool.on(drain{});
  pool.expect(
      {reject{caller, reject_reason::closed}, close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
  pool.refuses(retry{caller});
}

TEST_CASE("a_resource_that_was_checked_for_a_caller_is_not_taken_by_another") {
  auto options = of_size(1);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  auto const first = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.acquire();
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{first, s(0, 4)}}); // at once: a wake-up would cost another check
}

TEST_CASE("where_nothing_is_checked_for_callers_what_is_opened_wakes_one") {
  dialogue pool{of_size(1), {.check = true}};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({wake{caller}});
}

TEST_CASE("a_place_in_the_queue_forgets_how_often_its_last_caller_was_passed_over") {
  auto options = of_size(1);
  options.max_overtaken = 1;
  dialogue pool{options};
  pool.hold(1);
  auto const first = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{first}});
  pool.acquire();
  pool.forget_what_was_heard();
  pool.on(retry{first});
  pool.on(cancel{first});
  pool.expect({reject{first, reject_reason::cancelled}});
  auto const second = pool.acquire();
  CHECK(second.place == first.place);
  pool.on(give_back{s(0, 3)});
  pool.expect({wake{second}});
}

TEST_CASE("nobody_is_woken_for_what_no_check_is_left_for") {
  auto options = of_size(2);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  pool.fill(2);
  auto const caller = pool.acquire();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}}); // the other may only be lent checked, too
  pool.on(checked{s(1, 3), health::bad});
  pool.expect({close{s(1, 4), close_reason::unhealthy, pool.in(5s)}, wake{caller}});
  pool.on(retry{caller});
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("who_is_woken_for_what_is_too_old_makes_room_by_asking") {
  auto options = of_size(2);
  options.check_on_acquire = acquire_check::always;
  options.check_concurrency = 1;
  close_reason reason{};
  SECTION("its lifetime is over") {
    options.max_lifetime = 10s;
    options.lifetime_jitter = 0;
    reason = close_reason::lifetime;
  }
  SECTION("it was idle for too long") {
    options.idle_timeout = 10s;
    reason = close_reason::idle;
  }
  dialogue pool{options, {.check = true}};
  pool.fill(2);
  pool.at(9500ms);
  auto const first = pool.acquire();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  auto const second = pool.acquire();
  pool.at(10s).on(cancel{second});
  pool.expect({reject{second, reject_reason::cancelled}, wake{first}});
  pool.on(retry{first});
  pool.expect({close{s(0, 3), reason, pool.in(5s)}});
}

} // namespace conecta::core
