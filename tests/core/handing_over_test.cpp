// What is handed over while nothing is pending, and how it comes back.

#include "support/dialogue.hpp"

#include <catch2/catch.hpp>

#include <memory>

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

using slots = std::vector<slot_ref>;
using reported = std::vector<gate_report::slot>;

pool_options of_size(std::size_t size) {
  pool_options options;
  options.max_size = size;
  options.idle_timeout.reset();
  options.max_lifetime.reset();
  return options;
}

/// Of one resource.
class of_one final : public idle_store {
 public:
  void insert(std::uint32_t) noexcept override {}
  void erase(std::uint32_t) noexcept override {}
  std::uint32_t next() noexcept override { return 0; }
};

} // namespace

TEST_CASE("the_idle_ones_are_handed_over_in_their_order_each_for_a_new_use") {
  dialogue pool{of_size(3)};
  pool.fill(3);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(2, 3)}});
  CHECK(pool.hand_over() == slots{s(0, 3), s(1, 3)});
}

TEST_CASE("what_comes_back_is_idle_or_leased_as_the_report_says_and_counted") {
  dialogue pool{of_size(3)};
  pool.fill(2);
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
  REQUIRE(pool.hand_over() == slots{s(0, 3)});
  // 0 was lent, 1 returned, lent and returned again.
  reported const idle{{1, true}};
  pool.take_back({idle, 2, 2, 2});
  auto const now = pool.stats();
  CHECK(now.idle == 1);
  CHECK(now.leased == 1);
  CHECK(now.acquired == 5);
  CHECK(now.returned == 4);
  CHECK(now.peak_leased == 2);
  pool.on(give_back{s(0, 3)});
  pool.refuses(give_back{s(1, 3)});
  CHECK(pool.lend() == s(0, 4));
  CHECK(pool.lend() == s(1, 4));
}

TEST_CASE("nothing_is_handed_over_during_a_first_lease_that_may_yet_look_dead") {
  dialogue pool{of_size(2), {.look = true}};
  pool.fill(1);
  auto const tried = pool.lend();
  auto const caller = pool.acquire();
  pool.expect({open{s(1, 1), pool.in(5s)}});
  pool.on(opened{s(1, 1)});
  pool.expect({grant{caller, s(1, 2)}});
  pool.on(give_back{tried});
  CHECK_FALSE(pool.hand_over());
  pool.on(give_back{s(1, 2)});
  CHECK(pool.hand_over());
}

TEST_CASE("the_peak_of_leases_in_between_is_remembered") {
  dialogue pool{of_size(2)};
  pool.hold(1);
  pool.on(give_back{s(0, 2)});
  REQUIRE(pool.hand_over());
  reported const idle{{0, true}};
  pool.take_back({idle, 7, 7, 5});
  CHECK(pool.stats().peak_leased == 5);
}

TEST_CASE("a_resource_that_was_not_used_in_between_has_been_idle_all_the_time") {
  auto options = of_size(2);
  options.idle_timeout = 10s;
  options.scan_interval = 1s;
  dialogue pool{options};
  pool.fill(2);
  pool.at(9s);
  REQUIRE(pool.hand_over());
  CHECK(pool.next_deadline() == instant{1s}); // a scan: it decides who is idle for too long
  pool.at(10s);
  reported const idle{{1, true}, {0, false}};
  pool.take_back({idle, 1, 1, 1});
  pool.tick();
  pool.expect({close{s(0, 4), close_reason::idle, pool.in(5s)}});
}

TEST_CASE("it_is_to_be_taken_back_when_a_lifetime_ends") {
  auto options = of_size(2);
  options.max_lifetime = 10s;
  options.lifetime_jitter = 0;
  dialogue pool{options};
  pool.fill(1);
  REQUIRE(pool.hand_over());
  CHECK(pool.next_deadline() == instant{10s});
  pool.at(10s);
  reported const idle{{0, false}};
  pool.take_back({idle, 0, 0, 0});
  CHECK_FALSE(pool.hand_over()); // it would be lent
  pool.tick();
  pool.expect({close{s(0, 4), close_reason::lifetime, pool.in(5s)}});
}

TEST_CASE("what_is_lent_and_what_min_idle_keeps_is_not_idle_for_too_long") {
  auto options = of_size(2);
  options.idle_timeout = 10s;
  SECTION("lent") {
    dialogue pool{options};
    pool.hold(2);
    pool.at(9s).on(give_back{s(0, 2)});
    pool.at(15s);
    CHECK(pool.hand_over());
  }
  SECTION("kept") {
    options.max_size = 1;
    options.min_idle = 1;
    dialogue pool{options};
    pool.fill(1);
    pool.at(15s);
    CHECK(pool.hand_over());
  }
}

TEST_CASE("with_nothing_that_can_become_due_nobody_has_to_look") {
  dialogue pool{of_size(1)};
  pool.fill(1);
  REQUIRE(pool.hand_over());
  CHECK(pool.machine().is_handed_over());
  CHECK(pool.next_deadline() == never);
}

TEST_CASE("it_is_to_be_taken_back_for_the_checks_of_a_scan") {
  auto options = of_size(1);
  options.scan_interval = 10s;
  dialogue pool{options, {.check = true}};
  pool.fill(1);
  REQUIRE(pool.hand_over());
  CHECK(pool.next_deadline() == instant{10s});
}

TEST_CASE("nothing_is_handed_over_while_something_is_pending") {
  auto const refuses = [](char const* why, pool_options const& options, auto const& bring_about) {
    CAPTURE(why);
    dialogue pool{options, {.check = true}};
    pool.fill(1);
    bring_about(pool);
    CHECK_FALSE(pool.hand_over());
    pool.forget_what_was_heard();
  };
  refuses("suspended", of_size(2), [](dialogue& pool) { pool.on(suspend{}); });
  refuses("closed", of_size(2), [](dialogue& pool) { pool.on(drain{}); });
  refuses("nothing idle", of_size(2), [](dialogue& pool) { pool.lend(); });
  refuses("a check runs", of_size(2), [](dialogue& pool) { pool.at(10s).tick(); });
  refuses("an open runs", of_size(3), [](dialogue& pool) {
    pool.lend();
    pool.acquire();
    pool.forget_what_was_heard();
    pool.on(give_back{s(0, 3)});
  });
  auto barging = of_size(1);
  barging.fair = fairness::barging;
  refuses("somebody was woken", barging, [](dialogue& pool) {
    pool.lend();
    pool.acquire();
    pool.on(give_back{s(0, 3)});
  });
  auto kept_ready = of_size(3);
  kept_ready.min_idle = 1;
  refuses("a return could be of use only if the pool knew of it", kept_ready, [](dialogue& pool) {
    pool.on(opened{s(1, 1)}); // in reserve while 0 was lent
  });
  auto aged = of_size(1);
  aged.min_idle = 1;
  aged.max_lifetime = 80s;
  aged.lifetime_jitter = 0;
  refuses("what is idle waits for its replacement", aged, [](dialogue& pool) {
    pool.at(70s).tick();
    pool.expect({check{s(0, 3), 0, pool.in(1s)}});
    pool.on(checked{s(0, 3), health::good});
  });
  auto born = of_size(3);
  born.initial_size = 3;
  refuses("the beginning owes opens", born, [](dialogue&) {});
  refuses("a lease has to be closed on return", of_size(2), [](dialogue& pool) {
    pool.lend();
    pool.on(invalidate{});
    pool.lend();
    pool.on(give_back{s(1, 2)});
  });
}

TEST_CASE("some_options_never_leave_anything_to_somebody_else") {
  auto const plain = of_size(2);
  CHECK(machine::may_ever_hand_over(plain, {}));
  CHECK(machine::may_ever_hand_over(plain, {.check = true, .reset = true, .look = true}));
  auto const never_for = [&](auto const& change, hooks_present hooks = {}) {
    auto options = plain;
    change(options);
    return !machine::may_ever_hand_over(options, hooks);
  };
  CHECK(never_for([](pool_options& o) { o.order = idle_order::fifo; }));
  CHECK(never_for([](pool_options& o) { o.store = std::make_shared<of_one>(); }));
  CHECK(never_for([](pool_options& o) { o.max_idle = 1; }));
  CHECK(never_for([](pool_options& o) { o.max_uses = 1; }));
  CHECK(never_for([](pool_options& o) { o.leak_threshold = 1s; }));
  CHECK(never_for([](pool_options& o) { o.returned = on_return::reset; }, {.reset = true}));
  CHECK(never_for([](pool_options& o) { o.check_on_acquire = acquire_check::always; },
                  {.check = true}));
  CHECK(never_for([](pool_options& o) { o.after_bad_check = bad_check::makes_older_suspect; },
                  {.check = true}));
}

} // namespace conecta::core
