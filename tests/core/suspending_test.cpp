// A pool that lends nothing for a while.

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
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  return options;
}

} // namespace

TEST_CASE("who_comes_to_a_suspended_pool_waits_until_it_resumes") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  pool.on(suspend{});
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.expect({});
  pool.on(resume{});
  pool.expect({grant{first, s(0, 3)}}); // and nobody out of turn
  pool.on(give_back{s(0, 3)});
  pool.expect({grant{second, s(0, 4)}});
}

TEST_CASE("who_only_tries_a_suspended_pool_is_told_so_and_nothing_is_opened") {
  dialogue pool{of_size(1)};
  pool.on(suspend{});
  auto const caller = pool.acquire(0s);
  pool.expect({reject{caller, reject_reason::suspended}});
  CHECK(pool.stats().rejected == 1);
}

TEST_CASE("a_deadline_that_passes_while_the_pool_is_suspended_is_kept") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  pool.on(suspend{});
  auto const hasty = pool.acquire(10ms);
  auto const patient = pool.acquire(1h);
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms).tick();
  pool.expect({reject{hasty, reject_reason::timed_out}});
  pool.on(resume{});
  pool.expect({grant{patient, s(0, 3)}});
}

TEST_CASE("a_resume_that_comes_later_than_the_deadline_grants_nothing") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  pool.on(suspend{});
  auto const caller = pool.acquire(10ms);
  pool.at(10ms).on(resume{});
  pool.expect({reject{caller, reject_reason::timed_out}});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("leases_come_back_to_a_suspended_pool_and_rest") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(suspend{});
  pool.on(give_back{s(0, 2)});
  pool.expect({});
  CHECK(pool.stats().idle == 1);
  CHECK(pool.stats().waiters == 1);
  pool.on(resume{});
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("opens_under_way_arrive_in_a_suspended_pool_and_rest") {
  dialogue pool{of_size(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(suspend{});
  pool.expect({});
  pool.on(opened{s(0, 1)});
  pool.expect({});
  pool.on(resume{});
  pool.expect({grant{caller, s(0, 2)}});
}

TEST_CASE("nothing_is_opened_for_those_who_wait_for_a_suspended_pool") {
  dialogue pool{of_size(1)};
  pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(suspend{});
  pool.on(open_failed{s(0, 1)});
  CHECK(pool.next_deadline() == never);
  pool.at(10ms).tick();
  pool.expect({});
  pool.on(resume{});
  pool.expect({open{s(0, 2), pool.in(5s)}});
}

TEST_CASE("min_idle_and_initial_size_are_opened_in_a_suspended_pool") {
  auto options = of_size(3);
  options.min_idle = 1;
  options.initial_size = 2;
  dialogue pool{options};
  pool.on(suspend{});
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
}

TEST_CASE("max_idle_holds_in_a_suspended_pool_however_many_wait") {
  auto options = of_size(2);
  options.max_idle = 1;
  dialogue pool{options};
  pool.hold(2);
  auto const first = pool.acquire();
  pool.acquire();
  pool.on(suspend{});
  pool.on(give_back{s(0, 2)});
  pool.on(give_back{s(1, 2)});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(resume{});
  pool.expect({grant{first, s(1, 3)}});
}

TEST_CASE("a_full_queue_is_full_in_a_suspended_pool") {
  auto options = of_size(1);
  options.max_waiters = 1;
  dialogue pool{options};
  pool.on(suspend{});
  pool.acquire();
  auto const second = pool.acquire();
  pool.expect({reject{second, reject_reason::queue_full}});
}

TEST_CASE("who_waits_for_a_suspended_pool_can_cancel") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  pool.on(suspend{});
  auto const caller = pool.acquire();
  pool.on(cancel{caller});
  pool.expect({reject{caller, reject_reason::cancelled}});
  pool.on(resume{});
  pool.expect({});
}

TEST_CASE("a_suspended_pool_that_closes_refuses_those_who_wait") {
  dialogue pool{of_size(1)};
  pool.on(suspend{});
  auto const caller = pool.acquire();
  pool.on(drain{});
  pool.expect({reject{caller, reject_reason::closed}, drained{}});
  pool.refuses(suspend{});
  pool.refuses(resume{});
}

TEST_CASE("a_pool_is_suspended_once_and_resumed_once") {
  dialogue pool{of_size(1)};
  pool.refuses(resume{});
  pool.on(suspend{});
  pool.refuses(suspend{});
  pool.on(resume{});
  pool.refuses(resume{});
}

TEST_CASE("a_check_for_a_caller_ends_in_a_suspended_pool_and_is_wasted") {
  auto options = of_size(1);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  auto const caller = pool.acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(suspend{});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({});
  pool.on(resume{});
  pool.expect({check{s(0, 4), 0, pool.in(1s)}}); // who knows how long it was suspended
  pool.on(checked{s(0, 4), health::good});
  pool.expect({grant{caller, s(0, 5)}});
}

TEST_CASE("in_a_suspended_pool_callers_are_not_told_that_opens_fail") {
  auto options = of_size(1);
  options.when_down = while_down::fail_fast;
  dialogue pool{options};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(suspend{});
  pool.on(open_failed{s(0, 1)});
  pool.expect({});
  pool.on(resume{}); // the backoff lasts
  pool.expect({reject{caller, reject_reason::open_failed}});
}

} // namespace conecta::core
