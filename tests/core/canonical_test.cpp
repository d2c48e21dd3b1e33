// The text by which small worlds are told apart: equal for machines that go on alike, and only for
// those.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options of_size(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.scan_interval = 10s;
  options.max_lifetime = std::nullopt;
  options.lifetime_jitter = 0;
  options.backoff = {.initial = 10ms, .limit = 40ms, .jitter = 0};
  return options;
}

std::string text(dialogue const& pool) { return pool.machine().canonical(pool.in(0ns)); }

/// Does what must make a difference, and says whether it did.
template <class Step>
bool differs(dialogue& pool, Step const& step) {
  auto const before = text(pool);
  step();
  pool.forget_what_was_heard();
  return text(pool) != before;
}

} // namespace

TEST_CASE("counters_and_generations_make_no_difference") {
  dialogue fresh{of_size(2)};
  dialogue used{of_size(2)};
  fresh.hold(1);
  used.hold(1);
  for (std::uint32_t use = 2; use < 10; ++use) {
    used.on(give_back{s(0, use)});
    CHECK(used.lend() == s(0, use + 1));
  }
  CHECK(text(used) == text(fresh));
  used.refuses(give_back{s(0, 2)});
  CHECK(text(used) == text(fresh));
}

TEST_CASE("which_slot_it_is_makes_no_difference") {
  dialogue one{of_size(2)};
  dialogue other{of_size(2)};
  one.hold(2);
  other.hold(2);
  one.on(detach{s(0, 2)});
  other.on(detach{s(1, 2)});
  CHECK(text(one) == text(other));
}

TEST_CASE("the_order_of_the_idle_makes_a_difference_only_where_they_differ") {
  auto options = of_size(2);
  options.max_uses = 9;
  dialogue one{options};
  dialogue other{options};
  for (auto* const pool : {&one, &other}) {
    pool->hold(2);
    pool->on(give_back{s(0, 2)});
    CHECK(pool->lend() == s(0, 3)); // used twice, the other once
  }
  one.on(give_back{s(0, 3)});
  one.on(give_back{s(1, 2)});
  other.on(give_back{s(1, 2)});
  other.on(give_back{s(0, 3)});
  CHECK(text(one) != text(other));
}

TEST_CASE("when_it_happened_makes_no_difference_but_how_long_ago_does") {
  auto options = of_size(1);
  options.check_on_acquire = acquire_check::if_idle_for;
  dialogue early{options, {.check = true}};
  early.fill(1);
  dialogue late{options, {.check = true}};
  late.at(10s).tick();
  late.fill(1);
  early.at(10ms);
  late.at(10s + 10ms);
  CHECK(text(early) == text(late));
  CHECK(differs(late, [&] { late.at(10s + 20ms); }));
}

TEST_CASE("what_would_have_to_be_looked_at_more_closely_makes_a_difference") {
  dialogue pool{of_size(2)};
  CHECK(differs(pool, [&] { pool.acquire(1s); }));
  CHECK(differs(pool, [&] { pool.at(1ms); }));
  CHECK(differs(pool, [&] { pool.on(open_failed{s(0, 1)}); }));
  CHECK(differs(pool, [&] { pool.at(11ms).tick(); }));
  CHECK(differs(pool, [&] { pool.on(open_failed{s(0, 2)}); })); // one failure more
  CHECK(differs(pool, [&] { pool.acquire(); }));
  CHECK(differs(pool, [&] { pool.on(suspend{}); }));
  CHECK(differs(pool, [&] { pool.on(resize{1}); }));
  CHECK(differs(pool, [&] { pool.on(resume{}); }));
  CHECK(differs(pool, [&] { pool.on(drain{}); }));
}

TEST_CASE("who_was_woken_and_who_was_passed_over_makes_a_difference") {
  auto options = of_size(1);
  options.fair = fairness::barging;
  dialogue pool{options};
  pool.hold(1);
  auto const caller = pool.acquire();
  auto const waiting = text(pool);
  pool.on(give_back{s(0, 2)});
  pool.expect({wake{caller}});
  pool.acquire();
  pool.forget_what_was_heard();
  auto const woken = text(pool);
  CHECK(woken != waiting);
  pool.on(retry{caller});
  CHECK(text(pool) != woken);
  CHECK(text(pool) != waiting);
}

TEST_CASE("each_flag_of_a_slot_makes_a_difference") {
  auto options = of_size(3);
  options.leak_threshold = 1s;
  options.reclaim_after = 2s;
  options.idle_timeout = std::nullopt;
  dialogue pool{options, {.check = true}};
  pool.hold(1);
  CHECK(differs(pool, [&] { pool.at(1s).tick(); })); // overdue
  CHECK(differs(pool, [&] { pool.at(2s).tick(); })); // written off
  CHECK(differs(pool, [&] { pool.on(invalidate{}); }));
  CHECK(differs(pool, [&] { pool.reserve(); }));
  CHECK(differs(pool, [&] { pool.on(opened{s(1, 1)}); }));
  CHECK(differs(pool, [&] { pool.at(10s).tick(); })); // checked
  CHECK(differs(pool, [&] { pool.on(checked{s(1, 2), health::bad}); }));
  CHECK(differs(pool, [&] { pool.at(11s).tick(); })); // stuck
}

TEST_CASE("what_may_yet_look_dead_makes_a_difference_and_so_does_what_that_would_lead_to") {
  dialogue untried{of_size(1), {.look = true}};
  dialogue tried{of_size(1), {.look = true}};
  untried.hold(1);
  tried.fill(1);
  tried.acquire();
  tried.forget_what_was_heard();
  CHECK(text(untried) != text(tried));
  CHECK(differs(untried, [&] { untried.at(5ms).tick(); })); // the pause within which it may
  dialogue failed_before{of_size(1), {.look = true}};
  failed_before.acquire();
  failed_before.forget_what_was_heard();
  failed_before.on(open_failed{s(0, 1)});
  failed_before.at(10ms).tick();
  failed_before.forget_what_was_heard();
  failed_before.on(opened{s(0, 2)});
  failed_before.forget_what_was_heard();
  dialogue fresh{of_size(1), {.look = true}};
  fresh.at(10ms).hold(1);
  CHECK(text(failed_before) != text(fresh));
}

TEST_CASE("what_is_suspect_makes_a_difference_and_for_now_what_is_proven_at_the_same_instant") {
  auto options = of_size(2);
  options.check_retries = 0;
  dialogue trusting{options, {.check = true}};
  options.after_bad_check = bad_check::makes_older_suspect;
  dialogue suspicious{options, {.check = true}};
  for (auto* const pool : {&trusting, &suspicious}) {
    pool->fill(2);
    pool->at(10s).tick();
    pool->forget_what_was_heard();
    pool->on(checked{s(1, 3), health::good});
    pool->at(10s + 1ms).on(checked{s(0, 3), health::bad});
    pool->expect({close{s(0, 4), close_reason::unhealthy, pool->in(5s)}});
  }
  CHECK(text(trusting) != text(suspicious));
  for (auto* const pool : {&trusting, &suspicious}) {
    pool->at(20s).tick();
    pool->forget_what_was_heard();
    pool->on(checked{s(1, 4), health::good});
    pool->on(closed{s(0, 4)});
  }
  CHECK(text(trusting) == text(suspicious)); // nothing old is left
}

TEST_CASE("why_something_closes_makes_no_difference_but_how_long_it_may_take_does") {
  dialogue one{of_size(1)};
  dialogue other{of_size(1)};
  one.hold(1);
  other.hold(1);
  one.on(discard{s(0, 2), close_reason::broken});
  one.forget_what_was_heard();
  other.on(discard{s(0, 2), close_reason::discarded});
  other.forget_what_was_heard();
  CHECK(text(one) == text(other));
  CHECK(differs(one, [&] { one.at(1s).tick(); }));
}

} // namespace conecta::core
