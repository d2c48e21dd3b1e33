// A pool whose size is changed while it works.

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
  return options;
}

} // namespace

TEST_CASE("a_resize_down_closes_idle_ones_from_the_cold_end") {
  dialogue pool{of_size(3)};
  pool.fill(3);
  pool.on(resize{1});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)},
               close{s(1, 3), close_reason::surplus, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::surplus] == 2);
  CHECK(pool.machine().options().max_size == 1);
}

TEST_CASE("what_is_lent_when_the_pool_shrinks_is_closed_as_it_comes_back") {
  dialogue pool{of_size(3)};
  pool.hold(3);
  pool.on(resize{1});
  pool.expect({}); // nobody is robbed
  pool.on(give_back{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(give_back{s(2, 2)});
  pool.expect({close{s(2, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(give_back{s(1, 2)});
  pool.expect({}); // the last one fits
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("those_who_wait_for_a_pool_that_shrank_are_served_by_what_fits") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  auto const caller = pool.acquire();
  pool.on(resize{1});
  pool.on(give_back{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({}); // no room yet for an open
  pool.on(give_back{s(1, 2)});
  pool.expect({grant{caller, s(1, 3)}});
}

TEST_CASE("a_discard_makes_the_same_room_as_a_return") {
  dialogue pool{of_size(2)};
  pool.hold(2);
  pool.on(resize{1});
  pool.on(discard{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::broken, pool.in(5s)}});
  pool.on(give_back{s(1, 2)});
  pool.expect({}); // what closes is on its way out already
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_resize_up_opens_for_those_who_wait") {
  dialogue pool{of_size(1)};
  pool.hold(1);
  auto const first = pool.acquire();
  auto const second = pool.acquire();
  pool.on(resize{3});
  pool.expect({open{s(1, 1), pool.in(5s)}, open{s(2, 1), pool.in(5s)}});
  pool.on(opened{s(2, 1)});
  pool.expect({grant{first, s(2, 2)}});
  pool.on(give_back{s(0, 2)}); // leases from before are as good as others
  pool.expect({grant{second, s(0, 3)}});
}

TEST_CASE("down_and_up_again_counts_what_still_closes") {
  dialogue pool{of_size(2)};
  pool.fill(2);
  pool.on(resize{1});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(resize{2});
  pool.expect({});
  auto const first = pool.acquire();
  pool.expect({grant{first, s(1, 3)}});
  pool.acquire();
  pool.expect({}); // the one that closes holds the second place
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
}

TEST_CASE("up_and_down_again_leaves_what_was_there") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  pool.on(resize{4});
  pool.on(resize{1});
  pool.expect({});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 3)}});
}

TEST_CASE("opens_under_way_when_the_pool_shrinks_arrive_and_are_closed_until_it_fits") {
  dialogue pool{of_size(3)};
  auto const first = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(resize{1});
  pool.expect({});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::surplus, pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{first, s(1, 2)}});
}

TEST_CASE("a_failed_open_makes_a_shrunken_pool_fit") {
  auto options = of_size(2);
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  dialogue pool{options};
  auto const first = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(resize{1});
  pool.on(open_failed{s(0, 1)});
  pool.at(10ms).tick();
  pool.expect({}); // no underflow: there is no room for another
  pool.on(opened{s(1, 1)});
  pool.expect({grant{first, s(1, 2)}});
}

TEST_CASE("what_is_checked_when_the_pool_shrinks_is_closed_after_its_check") {
  dialogue pool{of_size(2), {.check = true}};
  pool.fill(1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  CHECK(pool.reserve() == s(1, 1));
  pool.on(resize{1});
  pool.expect({});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({close{s(0, 4), close_reason::surplus, pool.in(5s)}});
  pool.on(opened{s(1, 1)});
}

TEST_CASE("a_scan_that_goes_on_after_a_resize_up_checks_only_what_was_idle_before") {
  auto options = of_size(2);
  options.check_concurrency = 1;
  dialogue pool{options, {.check = true}};
  pool.fill(2);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(resize{4});
  pool.at(1100ms);
  CHECK(pool.reserve() == s(2, 1));
  pool.on(opened{s(2, 1)});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  pool.on(checked{s(1, 3), health::good});
  pool.expect({});
}

TEST_CASE("a_size_that_the_options_do_not_allow_is_refused") {
  auto options = of_size(3);
  options.min_idle = 2;
  dialogue pool{options};
  pool.refuses(resize{0});
  pool.refuses(resize{1}); // below min_idle
  pool.refuses(resize{most_slots + 1});
  CHECK(pool.machine().options().max_size == 3);
  pool.on(resize{2});
  pool.forget_what_was_heard();
}

TEST_CASE("a_pool_that_keeps_nothing_idle_cannot_be_resized_to_nothing") {
  dialogue pool{of_size(2)};
  pool.refuses(resize{0});
  pool.on(resize{2}); // the same again is no mistake
  pool.expect({});
}

TEST_CASE("a_closed_pool_is_not_resized") {
  dialogue pool{of_size(2)};
  pool.on(drain{});
  pool.expect({drained{}});
  pool.refuses(resize{1});
  pool.refuses(resize{4});
}

TEST_CASE("what_the_beginning_still_owes_shrinks_with_the_pool") {
  auto options = of_size(3);
  options.initial_size = 3;
  dialogue pool{options};
  pool.on(resize{1});
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.on(resize{3});
  pool.expect({}); // and does not grow again
}

} // namespace conecta::core
