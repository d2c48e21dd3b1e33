// What happens to resources that nobody holds: their order, their idle limit, their lifetime.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options plain() {
  pool_options options;
  options.max_size = 3;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  return options;
}

/// Three resources, given back in the order 0, 1, 2.
void fill(dialogue& pool) {
  for (auto i = 0; i < 3; ++i) {
    pool.lend();
  }
  for (std::uint32_t index = 0; index < 3; ++index) {
    pool.on(give_back{s(index, 2)});
  }
  pool.expect({});
}

} // namespace

TEST_CASE("lifo_lends_the_one_used_last") {
  dialogue pool{plain()};
  fill(pool);
  auto const first = pool.acquire();
  pool.expect({grant{first, s(2, 3)}});
  auto const second = pool.acquire();
  pool.expect({grant{second, s(1, 3)}});
}

TEST_CASE("fifo_lends_the_one_unused_longest") {
  auto options = plain();
  options.order = idle_order::fifo;
  dialogue pool{options};
  fill(pool);
  auto const first = pool.acquire();
  pool.expect({grant{first, s(0, 3)}});
  auto const second = pool.acquire();
  pool.expect({grant{second, s(1, 3)}});
}

TEST_CASE("what_is_unused_for_idle_timeout_is_evicted_by_the_next_scan") {
  auto options = plain();
  options.idle_timeout = 1500ms;
  dialogue pool{options};
  pool.on(give_back{pool.lend()});
  CHECK(pool.next_deadline() == pool.in(1s));
  pool.at(1s).tick();
  pool.expect({}); // not yet
  CHECK(pool.next_deadline() == pool.in(1s));
  pool.at(2s).tick();
  pool.expect({close{s(0, 3), close_reason::idle, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  CHECK(pool.stats().evicted_by[close_reason::idle] == 1);
  CHECK(pool.stats().closed_by[close_reason::idle] == 1);
  CHECK(pool.next_deadline() == never); // nothing to look at: no tick is asked for
}

TEST_CASE("eviction_starts_at_the_cold_end_and_stops_at_min_idle") {
  auto options = plain();
  options.idle_timeout = 1s;
  options.min_idle = 1;
  options.max_size = 2;
  dialogue pool{options};
  pool.lend();
  pool.forget_what_was_heard();
  pool.on(opened{s(1, 1)});
  pool.on(give_back{s(0, 2)}); // used last
  pool.at(1s).tick();
  pool.expect({close{s(1, 2), close_reason::idle, pool.in(5s)}});
  pool.on(closed{s(1, 2)});
  pool.at(10s).tick();
  pool.expect({}); // the last one stays, however old
}

TEST_CASE("without_an_idle_timeout_nothing_is_evicted_for_being_unused") {
  dialogue pool{plain()};
  fill(pool);
  pool.at(1h).tick();
  pool.expect({});
}

TEST_CASE("use_starts_the_idle_timeout_again") {
  auto options = plain();
  options.idle_timeout = 1s;
  dialogue pool{options};
  auto const lease = pool.lend();
  pool.at(900ms).on(give_back{lease});
  pool.at(1s).tick();
  pool.expect({});
  pool.at(2s).tick();
  pool.expect({close{s(0, 3), close_reason::idle, pool.in(5s)}});
}

TEST_CASE("an_expired_resource_is_retired_by_the_scan_even_below_min_idle") {
  auto options = plain();
  options.max_lifetime = 2s;
  options.lifetime_jitter = 0;
  options.min_idle = 1;
  dialogue pool{options};
  pool.tick();
  pool.forget_what_was_heard();
  pool.on(opened{s(0, 1)});
  pool.at(1s).tick();
  pool.expect({});
  pool.at(2s).tick();
  pool.expect({close{s(0, 2), close_reason::lifetime, pool.in(5s)},
               open{s(1, 1), pool.in(5s)}}); // min_idle comes back
  pool.on(opened{s(1, 1)});
}

TEST_CASE("an_expired_resource_is_never_lent") {
  auto options = plain();
  options.max_lifetime = 1s;
  options.lifetime_jitter = 0;
  dialogue pool{options};
  pool.on(give_back{pool.lend()});
  pool.at(1s).acquire(); // before any scan
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::lifetime] == 1);
}

TEST_CASE("an_expired_resource_is_closed_when_it_comes_back") {
  auto options = plain();
  options.max_lifetime = 1s;
  options.lifetime_jitter = 0;
  dialogue pool{options};
  auto const lease = pool.lend();
  pool.at(1s).on(give_back{lease});
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::lifetime] == 0); // somebody held it
}

TEST_CASE("jitter_shortens_a_lifetime_once_and_not_all_alike") {
  auto options = plain();
  options.max_lifetime = 1000s;
  options.lifetime_jitter = 0.5;
  options.scan_interval = 1s;
  dialogue pool{options};
  fill(pool);
  std::vector<duration> ends;
  for (auto second = 1s; second <= 1000s; ++second) {
    auto const before = pool.stats().evicted_by[close_reason::lifetime];
    pool.at(second).tick();
    pool.forget_what_was_heard();
    for (auto n = before; n < pool.stats().evicted_by[close_reason::lifetime]; ++n) {
      ends.emplace_back(second);
    }
  }
  REQUIRE(ends.size() == 3);
  CHECK(ends.front() >= 500s); // half of it at most is cut
  CHECK(ends.front() < ends.back());
}

TEST_CASE("what_only_min_idle_keeps_goes_when_others_come") {
  auto options = plain();
  options.idle_timeout = 1s;
  options.min_idle = 2;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.on(opened{s(1, 1)});
  pool.at(1s).tick();
  pool.expect({}); // both unused for long, and both needed
  CHECK(pool.reserve() == s(2, 1));
  pool.on(opened{s(2, 1)});
  pool.at(2s).tick();
  pool.expect({close{s(0, 2), close_reason::idle, pool.in(5s)}});
}

TEST_CASE("what_only_min_idle_keeps_is_checked_by_every_scan") {
  auto options = plain();
  options.idle_timeout = 1s;
  options.min_idle = 1;
  dialogue pool{options, {.check = true}};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.at(1s).tick();
  pool.expect({check{s(0, 2), 0, pool.in(1s)}});
  pool.on(checked{s(0, 2), health::good});
  pool.at(2s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::good});
}

TEST_CASE("a_check_does_not_draw_a_lifetime_again") {
  auto options = plain();
  options.max_lifetime = 1000s;
  options.lifetime_jitter = 1;
  auto const life_with = [&options](hooks_present hooks) {
    dialogue pool{options, hooks};
    pool.fill(1);
    auto second = 1s;
    pool.at(second).tick();
    for (std::uint32_t use = 3; pool.stats().closing == 0 && second <= 1000s; ++use) {
      if (hooks.check) {
        pool.expect({check{s(0, use), 0, pool.in(1s)}});
        pool.on(checked{s(0, use), health::good});
      }
      pool.at(++second).tick();
    }
    pool.forget_what_was_heard();
    return second;
  };
  CHECK(life_with({.check = true}) == life_with({.check = false}));
}

TEST_CASE("what_was_idle_for_too_long_is_closed_rather_than_lent") {
  pool_options options;
  options.max_size = 3;
  options.min_idle = 0;
  options.idle_timeout = 1s;
  options.scan_interval = 1h;
  dialogue pool{options};
  pool.fill(2);
  pool.at(1s);
  auto const caller = pool.acquire();
  pool.expect({close{s(1, 3), close_reason::idle, pool.in(5s)},
               close{s(0, 3), close_reason::idle, pool.in(5s)}, open{s(2, 1), pool.in(5s)}});
  pool.on(opened{s(2, 1)});
  pool.expect({grant{caller, s(2, 2)}});
}

TEST_CASE("what_min_idle_keeps_is_lent_however_long_it_was_idle") {
  pool_options options;
  options.max_size = 2;
  options.idle_timeout = 1s;
  options.min_idle = 1;
  options.scan_interval = 1h;
  dialogue pool{options};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.at(2s);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 2)}, open{s(1, 1), pool.in(5s)}});
}

} // namespace conecta::core
