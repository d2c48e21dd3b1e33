// Leases that are held for too long: reported, and with reclaim_after without their place.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

pool_options watched(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.leak_threshold = 1s;
  return options;
}

pool_options reclaimed_after_3s(std::size_t slots) {
  auto options = watched(slots);
  options.reclaim_after = 3s;
  return options;
}

/// One lease that lost its place at 3 s.
void lose_one(dialogue& pool) {
  pool.hold(1);
  pool.at(1s).tick();
  pool.expect({overdue{s(0, 2)}});
  pool.at(3s).tick();
  pool.expect({reclaimed{s(0, 2)}});
}

} // namespace

TEST_CASE("a_lease_held_beyond_leak_threshold_is_reported_once_and_when_it_comes_back") {
  dialogue pool{watched(1)};
  pool.hold(1);
  CHECK(pool.next_deadline() == pool.in(1s));
  pool.at(1s - 1ns).tick();
  pool.expect({});
  pool.at(1s).tick();
  pool.expect({overdue{s(0, 2)}});
  CHECK(pool.stats().leaked == 1);
  CHECK(pool.next_deadline() == never);
  pool.at(1h).tick();
  pool.expect({});
  pool.on(give_back{s(0, 2)});
  pool.expect({came_back{s(0, 2)}});
  CHECK(pool.stats().idle == 1); // late, but as good as any
}

TEST_CASE("a_lease_that_comes_back_in_time_is_not_reported_and_the_next_is_watched_anew") {
  dialogue pool{watched(1)};
  pool.hold(1);
  pool.at(999ms).on(give_back{s(0, 2)});
  CHECK(pool.lend() == s(0, 3));
  pool.at(1s).tick();
  pool.expect({});
  pool.at(1999ms).tick();
  pool.expect({overdue{s(0, 3)}});
}

TEST_CASE("a_return_later_than_the_threshold_is_no_leak_if_no_tick_came") {
  dialogue pool{watched(1)};
  pool.hold(1);
  pool.at(2s).on(give_back{s(0, 2)});
  pool.tick();
  pool.expect({});
  CHECK(pool.stats().leaked == 0);
}

TEST_CASE("an_overdue_lease_may_end_in_any_way") {
  dialogue pool{watched(3), {.look = true}};
  pool.hold(3);
  pool.at(1s).tick();
  pool.expect({overdue{s(0, 2)}, overdue{s(1, 2)}, overdue{s(2, 2)}});
  pool.on(discard{s(0, 2)});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::broken, pool.in(5s)}});
  pool.on(detach{s(1, 2)});
  pool.expect({came_back{s(1, 2)}});
  CHECK(pool.spurn(s(2, 2), instant::min()));
  pool.forget_what_was_heard();
  CHECK(pool.stats().leaked == 3);
  CHECK(pool.next_deadline() == pool.in(5s)); // of the close hooks: no lease is watched
}

TEST_CASE("a_closing_pool_still_reports_what_is_held_too_long") {
  dialogue pool{reclaimed_after_3s(1)};
  pool.hold(1);
  pool.on(drain{});
  pool.at(1s).tick();
  pool.expect({overdue{s(0, 2)}});
  pool.at(3s).tick();
  pool.expect({}); // nobody needs its place
  pool.on(give_back{s(0, 2)});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
}

TEST_CASE("a_lease_held_beyond_reclaim_after_loses_its_place_to_who_waits") {
  dialogue pool{reclaimed_after_3s(1)};
  pool.hold(1);
  auto const caller = pool.acquire();
  pool.expect({});
  pool.at(1s).tick();
  pool.expect({overdue{s(0, 2)}});
  CHECK(pool.next_deadline() == pool.in(2s));
  pool.at(3s).tick();
  pool.expect({reclaimed{s(0, 2)}, open{s(1, 1), pool.in(5s)}});
  CHECK(pool.stats().reclaimed == 1);
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
}

TEST_CASE("a_tick_that_comes_late_reports_and_reclaims_at_once") {
  dialogue pool{reclaimed_after_3s(1)};
  pool.hold(1);
  pool.at(1h).tick();
  pool.expect({overdue{s(0, 2)}, reclaimed{s(0, 2)}});
}

TEST_CASE("a_lease_without_a_place_is_closed_as_surplus_when_it_comes_back") {
  dialogue pool{reclaimed_after_3s(1)};
  lose_one(pool);
  CHECK(pool.lend() == s(1, 2));
  pool.acquire();
  pool.expect({}); // the cap holds for the rest
  pool.on(give_back{s(0, 2)});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  CHECK(pool.stats().evicted_by[close_reason::surplus] == 0); // somebody held it
}

TEST_CASE("a_lease_without_a_place_may_be_discarded_or_detached") {
  dialogue pool{reclaimed_after_3s(2)};
  pool.hold(2);
  pool.at(3s).tick();
  pool.expect({overdue{s(0, 2)}, overdue{s(1, 2)}, reclaimed{s(0, 2)}, reclaimed{s(1, 2)}});
  pool.on(discard{s(0, 2), close_reason::discarded});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::discarded, pool.in(5s)}});
  pool.on(detach{s(1, 2)});
  pool.expect({came_back{s(1, 2)}});
  CHECK(pool.stats().detached == 1);
}

TEST_CASE("what_closes_without_a_place_of_its_own_takes_one_until_it_is_closed") {
  dialogue pool{reclaimed_after_3s(1)};
  lose_one(pool);
  pool.on(give_back{s(0, 2)});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  pool.acquire();
  pool.expect({});
  pool.on(closed{s(0, 3)});
  pool.expect({open{s(0, 4), pool.in(5s)}});
}

TEST_CASE("a_pool_is_drained_only_when_the_lease_without_a_place_has_come_back") {
  dialogue pool{reclaimed_after_3s(1)};
  lose_one(pool);
  pool.on(drain{});
  pool.expect({});
  pool.on(give_back{s(0, 2)});
  pool.expect({came_back{s(0, 2)}, close{s(0, 3), close_reason::shutdown, pool.in(5s)}});
  pool.on(closed{s(0, 3)});
  pool.expect({drained{}});
}

TEST_CASE("as_many_leases_as_max_size_can_lose_their_place_and_no_more") {
  dialogue pool{reclaimed_after_3s(1)};
  lose_one(pool);
  CHECK(pool.lend() == s(1, 2));
  pool.at(6s).tick();
  pool.expect({overdue{s(1, 2)}});
  CHECK(pool.stats().reclaimed == 1);
  pool.acquire();
  pool.expect({});
}

TEST_CASE("a_resize_up_makes_room_for_leases_that_lose_their_place") {
  dialogue pool{reclaimed_after_3s(1)};
  lose_one(pool);
  pool.on(resize{2});
  CHECK(pool.lend() == s(1, 2));
  CHECK(pool.lend() == s(2, 2));
  pool.at(6s).tick();
  pool.expect({overdue{s(1, 2)}, overdue{s(2, 2)}, reclaimed{s(1, 2)}});
  CHECK(pool.lend() == s(3, 2));
}

TEST_CASE("a_lease_without_a_place_does_not_count_against_a_smaller_pool") {
  dialogue pool{reclaimed_after_3s(2)};
  lose_one(pool);
  CHECK(pool.lend() == s(1, 2));
  pool.on(resize{1});
  pool.on(give_back{s(1, 2)});
  pool.expect({}); // it fits
}

} // namespace conecta::core
