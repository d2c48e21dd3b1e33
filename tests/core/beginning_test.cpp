// initial_size: what a new pool opens once.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options beginning_with(std::size_t initial) {
  pool_options options;
  options.max_size = 4;
  options.initial_size = initial;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  return options;
}

} // namespace

TEST_CASE("a_new_pool_opens_initial_size_from_the_first_event_on_and_only_once") {
  dialogue pool{beginning_with(2)};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.on(opened{s(1, 1)});
  pool.expect({});
  pool.on(evict_idle{});
  pool.forget_what_was_heard();
  pool.on(closed{s(0, 2)});
  pool.expect({}); // that was the beginning, it is no minimum
}

TEST_CASE("the_beginning_keeps_to_open_concurrency") {
  auto options = beginning_with(3);
  options.open_concurrency = 1;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({open{s(2, 1), pool.in(5s)}});
  pool.on(opened{s(2, 1)});
  pool.expect({});
}

TEST_CASE("a_failed_open_of_the_beginning_is_tried_again_after_the_backoff") {
  dialogue pool{beginning_with(2)};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(0, 1)});
  pool.on(open_failed{s(1, 1)});
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(10ms).tick();
  pool.expect({open{s(1, 2), pool.in(5s)}});
  pool.on(opened{s(1, 2)});
  pool.expect({open{s(0, 2), pool.in(5s)}});
  pool.on(opened{s(0, 2)});
  pool.expect({});
}

TEST_CASE("callers_take_what_the_beginning_opens_and_it_opens_no_more_for_that") {
  dialogue pool{beginning_with(1)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({grant{caller, s(0, 2)}});
}

TEST_CASE("the_beginning_goes_on_beside_what_callers_already_hold") {
  dialogue pool{beginning_with(2)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
  pool.on(opened{s(0, 1)});
  pool.expect({});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("what_is_added_does_not_shorten_the_beginning") {
  auto options = beginning_with(1);
  options.max_size = 1;
  dialogue pool{options};
  CHECK(pool.reserve() == s(0, 1)); // before the first open: the pool is full
  pool.on(opened{s(0, 1)});
  CHECK(pool.stats().added == 1);
  pool.on(evict_idle{});
  pool.expect({close{s(0, 2), close_reason::idle, pool.in(5s)}});
  pool.on(closed{s(0, 2)});
  pool.expect({open{s(0, 3), pool.in(5s)}});
}

TEST_CASE("min_idle_and_the_beginning_are_not_opened_twice") {
  auto options = beginning_with(2);
  options.min_idle = 2;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
}

TEST_CASE("an_open_of_the_beginning_that_hangs_counts_when_it_arrives") {
  dialogue pool{beginning_with(1)};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}});
  pool.on(opened{s(0, 1)});
  pool.expect({});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_pool_that_closes_at_once_begins_nothing") {
  dialogue pool{beginning_with(2)};
  pool.on(drain{});
  pool.expect({drained{}});
}

} // namespace conecta::core
