// How leases end, and messages that come too late or twice.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr hooks_present with_reset{.check = false, .reset = true};

pool_options one_slot() {
  pool_options options;
  options.max_size = 1;
  return options;
}

pool_options one_slot_reset() {
  auto options = one_slot();
  options.returned = on_return::reset;
  return options;
}

} // namespace

TEST_CASE("a_returned_resource_is_reset_before_it_is_lent_again") {
  dialogue pool{one_slot_reset(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  auto const caller = pool.acquire();
  pool.expect({}); // on its way: nothing else is opened
  pool.on(reset_done{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("a_resource_whose_reset_fails_is_closed") {
  dialogue pool{one_slot_reset(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.forget_what_was_heard();
  pool.on(reset_done{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  CHECK(pool.stats().closed_by[close_reason::unhealthy] == 1);
}

TEST_CASE("a_reset_that_was_called_off_before_it_began_is_asked_for_again") {
  dialogue pool{one_slot_reset(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  auto const caller = pool.acquire();
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 3)}});
  pool.on(reset_done{s(0, 3), health::unknown});
  pool.expect({reset{s(0, 4), pool.in(5s)}});
  pool.on(reset_done{s(0, 4), health::good});
  pool.expect({grant{caller, s(0, 5)}});
}

TEST_CASE("a_reset_that_never_began_is_not_asked_for_again_once_nobody_wants_the_resource") {
  dialogue pool{one_slot_reset(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  SECTION("because it is stale") {
    pool.on(invalidate{});
    pool.expect({interrupt{s(0, 3)}});
    pool.on(reset_done{s(0, 3), health::unknown});
    pool.expect({close{s(0, 4), close_reason::stale, pool.in(5s)}});
  }
  SECTION("because the pool is closed") {
    pool.on(drain{});
    pool.expect({interrupt{s(0, 3)}});
    pool.on(reset_done{s(0, 3), health::unknown});
    pool.expect({close{s(0, 4), close_reason::shutdown, pool.in(5s)}});
  }
}

TEST_CASE("without_a_reset_hook_a_returned_resource_goes_idle") {
  dialogue pool{one_slot_reset()};
  pool.on(give_back{pool.lend()});
  pool.expect({});
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("a_reset_hook_is_not_run_unless_the_options_say_so") {
  dialogue pool{one_slot(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.expect({});
}

TEST_CASE("a_reset_that_outlives_its_timeout_is_interrupted") {
  dialogue pool{one_slot_reset(), with_reset};
  pool.on(give_back{pool.lend()});
  pool.forget_what_was_heard();
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 3)}});
  CHECK(pool.stats().stuck == 1);
  pool.on(reset_done{s(0, 3), health::good});
  CHECK(pool.stats().stuck == 0);
}

TEST_CASE("a_discarded_resource_is_closed_for_the_reason_given_and_replaced") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  pool.acquire();
  pool.on(discard{lease, close_reason::discarded});
  pool.expect({close{s(0, 3), close_reason::discarded, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
  CHECK(pool.stats().closed_by[close_reason::discarded] == 1);
  CHECK(pool.stats().evicted_by[close_reason::discarded] == 0); // somebody held it
}

TEST_CASE("a_detached_resource_leaves_at_once_and_is_replaced") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  pool.acquire();
  pool.on(detach{lease});
  pool.expect({open{s(0, 3), pool.in(5s)}});
  CHECK(pool.stats().detached == 1);
  CHECK(pool.stats().returned == 0);
}

TEST_CASE("a_lease_ends_only_once") {
  dialogue pool{one_slot()};
  auto const lease = pool.lend();
  pool.on(give_back{lease});
  pool.refuses(give_back{lease});
  pool.refuses(discard{lease});
  pool.refuses(detach{lease});
  auto const again = pool.lend();
  pool.refuses(give_back{lease}); // the next one's lease is safe
  pool.on(give_back{again});
}

TEST_CASE("an_answer_counts_only_once_and_only_for_the_hook_that_it_is_of") {
  auto options = one_slot_reset();
  dialogue pool{options, {.check = true, .reset = true}};
  pool.acquire();
  pool.forget_what_was_heard();
  pool.refuses(closed{s(0, 1)}); // it opens
  pool.refuses(checked{s(0, 1)});
  pool.refuses(reset_done{s(0, 1)});
  pool.on(opened{s(0, 1)});
  pool.forget_what_was_heard();
  pool.refuses(opened{s(0, 1)});
  pool.refuses(open_failed{s(0, 1)});
  pool.on(discard{s(0, 2)});
  pool.forget_what_was_heard();
  pool.on(closed{s(0, 3)});
  pool.refuses(closed{s(0, 3)});
}

TEST_CASE("a_slot_that_the_pool_does_not_have_is_refused") {
  dialogue pool{one_slot()};
  pool.refuses(give_back{s(1, 1)});
  pool.refuses(opened{s(70'000, 1)});
}

} // namespace conecta::core
