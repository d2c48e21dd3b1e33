// Checks of idle resources: which, when, how many at once, and what a bad one leads to.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr hooks_present with_check{.check = true, .reset = false};

pool_options scanned_each_second() {
  pool_options options;
  options.max_size = 3;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  return options;
}

void fill(dialogue& pool, std::uint32_t resources) {
  for (std::uint32_t i = 0; i < resources; ++i) {
    pool.lend();
  }
  for (std::uint32_t index = 0; index < resources; ++index) {
    pool.on(give_back{s(index, 2)});
  }
}

} // namespace

TEST_CASE("a_scan_checks_what_is_idle") {
  dialogue pool{scanned_each_second(), with_check};
  fill(pool, 2);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}, check{s(1, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.on(checked{s(1, 3), health::good});
  CHECK(pool.stats().checks_ok == 2);
  CHECK(pool.stats().idle == 2);
}

TEST_CASE("without_a_check_hook_nothing_is_checked") {
  dialogue pool{scanned_each_second()};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.expect({});
}

TEST_CASE("no_more_checks_run_at_once_than_check_concurrency") {
  auto options = scanned_each_second();
  options.check_concurrency = 1;
  dialogue pool{options, with_check};
  fill(pool, 3);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({check{s(1, 3), 0, pool.in(1s)}}); // the next one of the same scan
  pool.on(checked{s(1, 3), health::good});
  pool.expect({check{s(2, 3), 0, pool.in(1s)}});
  pool.on(checked{s(2, 3), health::good});
  pool.expect({});
}

TEST_CASE("what_was_used_since_the_scan_began_is_not_checked_by_it") {
  auto options = scanned_each_second();
  options.check_concurrency = 1;
  dialogue pool{options, with_check};
  fill(pool, 2);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
  pool.at(1100ms).on(give_back{s(1, 3)});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({});
}

TEST_CASE("a_resource_that_is_checked_is_not_lent_and_those_who_wait_get_it_after") {
  auto options = scanned_each_second();
  options.max_size = 1;
  dialogue pool{options, with_check};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  auto const caller = pool.acquire();
  pool.expect({});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}});
}

TEST_CASE("a_bad_check_is_tried_again_and_after_check_retries_the_resource_is_closed") {
  auto options = scanned_each_second();
  options.check_retries = 2;
  dialogue pool{options, with_check};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({check{s(0, 4), 1, pool.in(1s)}}); // told how often it has failed
  pool.on(checked{s(0, 4), health::bad});
  pool.expect({check{s(0, 5), 2, pool.in(1s)}});
  pool.on(checked{s(0, 5), health::bad});
  pool.expect({close{s(0, 6), close_reason::unhealthy, pool.in(5s)}});
  CHECK(pool.stats().checks_failed == 3);
  CHECK(pool.stats().evicted_by[close_reason::unhealthy] == 1);
}

TEST_CASE("a_good_check_makes_earlier_bad_ones_forgotten") {
  auto options = scanned_each_second();
  options.check_retries = 1;
  dialogue pool{options, with_check};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({check{s(0, 4), 1, pool.in(1s)}});
  pool.on(checked{s(0, 4), health::good});
  pool.at(2s).tick();
  pool.expect({check{s(0, 5), 0, pool.in(1s)}});
  pool.on(checked{s(0, 5), health::bad});
  pool.expect({check{s(0, 6), 1, pool.in(1s)}});
}

TEST_CASE("a_resource_that_failed_its_check_is_replaced_for_those_who_wait") {
  auto options = scanned_each_second();
  options.max_size = 1;
  options.check_retries = 0;
  dialogue pool{options, with_check};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.acquire();
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  pool.expect({open{s(0, 5), pool.in(5s)}});
}

TEST_CASE("a_check_leaves_a_resource_in_its_place_of_the_order") {
  dialogue pool{scanned_each_second(), with_check};
  fill(pool, 2); // 1 was used last
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(checked{s(1, 3), health::good});
  pool.on(checked{s(0, 3), health::good}); // checked last
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 4)}});
}

TEST_CASE("a_check_that_outlives_its_timeout_is_interrupted_and_replaced") {
  auto options = scanned_each_second();
  options.max_size = 2;
  dialogue pool{options, with_check};
  fill(pool, 1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  auto const caller = pool.acquire();
  pool.expect({}); // the one that is checked will do
  pool.at(2s).tick();
  pool.expect({interrupt{s(0, 3)}, open{s(1, 1), pool.in(5s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({grant{caller, s(0, 4)}}); // late is better than never
  CHECK(pool.stats().stuck == 0);
}

TEST_CASE("fifo_passes_over_what_is_checked") {
  auto options = scanned_each_second();
  options.order = idle_order::fifo;
  options.check_concurrency = 1;
  dialogue pool{options, with_check};
  fill(pool, 3);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
}

} // namespace conecta::core
