// A replacement is opened before a resource of min_idle retires for age.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

/// Retires at 80 s; its replacement is asked for scan_interval and open_timeout before, at 74 s.
pool_options mortal(std::size_t slots, std::size_t min_idle) {
  pool_options options;
  options.max_size = slots;
  options.min_idle = min_idle;
  options.scan_interval = 1s;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = 80s;
  options.lifetime_jitter = 0;
  return options;
}

void open_one(dialogue& pool) {
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
}

} // namespace

TEST_CASE("a_replacement_is_opened_before_a_resource_retires_for_age") {
  dialogue pool{mortal(2, 1)};
  open_one(pool);
  pool.at(73s).tick();
  pool.expect({});
  pool.at(74s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.at(79s).tick();
  pool.expect({}); // it is as good as ever until its time has come
  pool.at(80s).tick();
  pool.expect({close{s(0, 2), close_reason::lifetime, pool.in(5s)}});
}

TEST_CASE("a_replacement_is_asked_for_once") {
  dialogue pool{mortal(3, 1)};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.at(75s).tick();
  pool.expect({});
  pool.on(opened{s(1, 1)});
  pool.at(76s).tick();
  pool.expect({});
}

TEST_CASE("a_replacement_whose_open_fails_is_tried_again") {
  auto options = mortal(2, 1);
  options.backoff = {.initial = 10ms, .limit = 10ms, .jitter = 0};
  dialogue pool{options};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(open_failed{s(1, 1)});
  CHECK(pool.next_deadline() == pool.in(10ms));
  pool.at(74s + 10ms).tick();
  pool.expect({open{s(1, 2), pool.in(5s)}});
}

TEST_CASE("without_room_the_replacement_comes_after") {
  dialogue pool{mortal(1, 1)};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({});
  pool.at(80s).tick();
  pool.expect({close{s(0, 2), close_reason::lifetime, pool.in(5s)}});
  pool.on(closed{s(0, 2)});
  pool.expect({open{s(0, 3), pool.in(5s)}});
}

TEST_CASE("what_min_idle_does_not_keep_is_not_replaced") {
  dialogue pool{mortal(2, 0)};
  pool.fill(1);
  pool.at(79s).tick();
  pool.expect({});
  pool.at(80s).tick();
  pool.expect({close{s(0, 3), close_reason::lifetime, pool.in(5s)}});
}

TEST_CASE("a_short_life_is_whole_for_seven_eighths") {
  auto options = mortal(2, 1);
  options.max_lifetime = 16s;
  dialogue pool{options};
  open_one(pool);
  pool.at(13s).tick();
  pool.expect({});
  pool.at(14s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
}

TEST_CASE("one_that_is_to_be_replaced_is_lent_and_then_asks_for_nothing") {
  dialogue pool{mortal(3, 1)};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(0, 2)}}); // its replacement is what min_idle wants
  pool.on(opened{s(1, 1)});
  pool.at(79s).on(give_back{s(0, 2)});
  pool.tick();
  pool.expect({}); // two rest, of which one is young: that is enough
}

TEST_CASE("two_of_an_age_are_both_replaced") {
  dialogue pool{mortal(4, 2)};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.on(opened{s(1, 1)});
  pool.at(74s).tick();
  pool.expect({open{s(2, 1), pool.in(5s)}, open{s(3, 1), pool.in(5s)}});
}

TEST_CASE("the_idle_timeout_spares_what_is_young_while_another_waits_for_its_replacement") {
  auto options = mortal(3, 1);
  options.idle_timeout = 20s;
  dialogue pool{options};
  open_one(pool);
  pool.at(73s);
  CHECK(pool.reserve() == s(1, 1));
  pool.on(opened{s(1, 1)});
  pool.at(74s).tick();
  pool.expect({close{s(0, 2), close_reason::idle, pool.in(5s)}}); // min_idle are left without it
}

TEST_CASE("a_check_that_hangs_on_one_that_is_to_be_replaced_asks_for_no_third") {
  dialogue pool{mortal(3, 1), {.check = true}};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({check{s(0, 2), 0, pool.in(1s)}, open{s(1, 1), pool.in(5s)}});
  pool.at(75s).tick();
  pool.expect({interrupt{s(0, 2)}});
  pool.on(checked{s(0, 2), health::good});
  pool.on(opened{s(1, 1)});
  pool.at(76s).tick(); // the other replaces it
  pool.expect({check{s(0, 3), 0, pool.in(1s)}, check{s(1, 2), 0, pool.in(1s)}});
}

TEST_CASE("one_that_is_to_be_replaced_and_unused_goes_when_its_replacement_is_there") {
  auto options = mortal(2, 1);
  options.idle_timeout = 20s;
  dialogue pool{options};
  open_one(pool);
  pool.at(74s).tick();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.at(75s).tick();
  pool.expect({}); // until then min_idle keeps it
  pool.on(opened{s(1, 1)});
  pool.at(76s).tick();
  pool.expect({close{s(0, 2), close_reason::idle, pool.in(5s)}});
}

TEST_CASE("two_of_different_ages_are_replaced_one_after_the_other") {
  dialogue pool{mortal(4, 2)};
  pool.tick();
  pool.expect({open{s(0, 1), pool.in(5s)}, open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(0, 1)});
  pool.at(1s).on(opened{s(1, 1)});
  pool.at(74s).tick();
  pool.expect({open{s(2, 1), pool.in(5s)}});
  pool.at(75s).tick();
  pool.expect({open{s(3, 1), pool.in(5s)}});
}

TEST_CASE("a_life_that_would_outlast_time_itself_has_no_end") {
  dialogue pool{mortal(2, 1)};
  pool.at(duration::max() - 30s);
  open_one(pool);
  pool.at(duration::max() - 1s).tick();
  pool.expect({});
}

TEST_CASE("a_life_without_end_needs_no_replacement") {
  auto options = mortal(2, 1);
  options.max_lifetime = std::nullopt;
  dialogue pool{options};
  open_one(pool);
  pool.at(1h).tick();
  pool.expect({});
}

} // namespace conecta::core
