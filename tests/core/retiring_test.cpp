// What is closed because it was used often enough, or because enough is idle.

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

pool_options used_at_most(std::uint32_t uses) {
  auto options = of_size(1);
  options.max_uses = uses;
  options.returned = on_return::reset;
  return options;
}

pool_options idle_at_most(std::size_t idle) {
  auto options = of_size(3);
  options.max_idle = idle;
  return options;
}

} // namespace

TEST_CASE("a_resource_is_closed_on_return_from_its_last_use") {
  dialogue pool{used_at_most(2)};
  pool.fill(1);
  CHECK(pool.lend() == s(0, 3));
  pool.on(give_back{s(0, 3)});
  pool.expect({close{s(0, 4), close_reason::uses, pool.in(5s)}});
  pool.on(closed{s(0, 4)});
  CHECK(pool.stats().closed_by[close_reason::uses] == 1);
  CHECK(pool.stats().evicted_by[close_reason::uses] == 0); // somebody held it
}

TEST_CASE("a_resource_for_one_use_is_opened_for_each_caller_and_never_reset") {
  dialogue pool{used_at_most(1), {.reset = true}};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::uses, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
  pool.on(opened{s(0, 4)});
  pool.expect({grant{caller, s(0, 5)}}); // a new resource starts from nothing
}

TEST_CASE("checks_are_no_uses") {
  dialogue pool{used_at_most(2), {.check = true}};
  pool.fill(1);
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 4)}});
  pool.on(give_back{s(0, 4)});
  pool.expect({close{s(0, 5), close_reason::uses, pool.in(5s)}});
}

TEST_CASE("a_last_use_may_end_otherwise") {
  dialogue pool{used_at_most(1)};
  pool.hold(1);
  pool.on(discard{s(0, 2), close_reason::discarded});
  pool.expect({close{s(0, 3), close_reason::discarded, pool.in(5s)}});
}

TEST_CASE("of_two_reasons_to_close_on_return_age_is_named") {
  auto options = used_at_most(1);
  options.max_lifetime = 1s;
  options.lifetime_jitter = 0;
  dialogue pool{options};
  pool.hold(1);
  pool.at(1s).on(give_back{s(0, 2)});
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}});
}

TEST_CASE("more_than_max_idle_are_closed_the_coldest_first") {
  dialogue pool{idle_at_most(1)};
  pool.hold(3);
  pool.on(give_back{s(1, 2)});
  pool.expect({});
  pool.on(give_back{s(0, 2)});
  pool.expect({close{s(1, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(give_back{s(2, 2)});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::surplus] == 2);
  CHECK(pool.stats().idle == 1);
}

TEST_CASE("those_who_wait_come_before_max_idle") {
  dialogue pool{idle_at_most(0)};
  pool.hold(3);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({grant{caller, s(0, 3)}});
  pool.on(give_back{s(0, 3)});
  pool.expect({close{s(0, 4), close_reason::surplus, pool.in(5s)}});
}

TEST_CASE("an_open_that_nobody_waits_for_any_more_is_surplus") {
  dialogue pool{idle_at_most(0)};
  auto const caller = pool.acquire();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(cancel{caller});
  pool.expect({reject{caller, reject_reason::cancelled}});
  pool.on(opened{s(0, 1)});
  pool.expect({close{s(0, 2), close_reason::surplus, pool.in(5s)}});
}

TEST_CASE("what_is_checked_counts_towards_max_idle_and_is_spared") {
  auto options = idle_at_most(1);
  dialogue pool{options, {.check = true}};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(give_back{s(1, 2)});
  pool.expect({close{s(1, 3), close_reason::surplus, pool.in(5s)}});
  pool.on(checked{s(0, 3), health::good});
  pool.expect({});
}

TEST_CASE("while_barging_callers_are_awake_nothing_idle_is_surplus") {
  auto options = idle_at_most(0);
  options.fair = fairness::barging;
  dialogue pool{options};
  pool.hold(3);
  auto const caller = pool.acquire();
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  pool.on(retry{caller});
  pool.expect({grant{caller, s(0, 3)}});
}

} // namespace conecta::core
