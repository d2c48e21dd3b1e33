// Corners that the pages in docs/ speak of and no other file here visits.

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

TEST_CASE("a_scan_that_is_overdue_because_nothing_was_idle_runs_at_once") {
  dialogue pool{of_size(1), {.check = true}};
  pool.hold(1);
  CHECK(pool.next_deadline() == never); // nothing is idle: no scan
  pool.at(1min).on(give_back{s(0, 2)});
  CHECK(pool.next_deadline() <= pool.in(0s));
  pool.tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  CHECK(pool.next_deadline() == pool.in(1s)); // and from then on in its time
}

TEST_CASE("opens_that_hang_count_towards_open_concurrency") {
  auto options = of_size(8);
  options.open_concurrency = 2;
  dialogue pool{options};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.at(5s).tick();
  pool.expect({interrupt{s(0, 1)}, interrupt{s(1, 1)}}); // and no third is opened
  pool.on(opened{s(0, 1)});
  pool.expect({grant{caller, s(0, 2)}, open{s(2, 1), pool.in(5s)}});
}

TEST_CASE("who_only_tries_is_never_served_where_everything_is_checked_first") {
  auto options = of_size(1);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  for (std::uint32_t use = 3; use < 6; ++use) {
    auto const caller = pool.acquire(0s);
    pool.expect({check{s(0, use), 0, pool.in(1s)}, reject{caller, reject_reason::exhausted}});
    pool.on(checked{s(0, use), health::good});
  }
}

TEST_CASE("what_is_added_beyond_max_idle_is_taken_and_the_coldest_is_closed") {
  auto options = of_size(3);
  options.max_idle = 1;
  dialogue pool{options};
  pool.fill(1);
  CHECK(pool.reserve() == s(1, 1));
  pool.on(opened{s(1, 1)});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  CHECK(pool.stats().added == 1);
}

TEST_CASE("what_was_opened_for_a_caller_is_lent_though_all_must_be_checked") {
  auto options = of_size(1);
  options.check_on_acquire = acquire_check::always;
  dialogue pool{options, {.check = true}};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.expect({grant{caller, s(0, 2)}});
}

} // namespace conecta::core
