// Options that no pool accepts: every violation at once, each with field, value and allowed range.

#include <conecta/options.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <limits>

using namespace conecta;
using namespace std::chrono_literals;

TEST_CASE("the_defaults_violate_nothing") { CHECK(violations_of({}).empty()); }

TEST_CASE("absence_violates_nothing") {
  pool_options options;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.max_waiters = 0;
  options.acquire_timeout = 0ns;
  CHECK(violations_of(options).empty());
}

TEST_CASE("the_ends_of_each_range_are_in_it") {
  pool_options least;
  least.max_size = 1;
  least.max_idle = 0;
  least.check_retries = 0;
  least.check_if_idle_for = 1ns;
  least.max_uses = 1;
  least.max_overtaken = 1;
  least.leak_threshold = 1ns;
  least.reclaim_after = 2ns;
  CHECK(violations_of(least).empty());
  pool_options most;
  most.max_size = most_slots;
  most.initial_size = most_slots;
  most.min_idle = most_slots;
  most.max_idle = most_slots;
  most.max_waiters = most_slots;
  most.max_uses = std::numeric_limits<std::uint32_t>::max();
  most.max_overtaken = 255;
  most.reclaim_after = 24h * 3653;
  most.leak_threshold = *most.reclaim_after - 1ns;
  CHECK(violations_of(most).empty());
}

TEST_CASE("with_reclaim_after_a_pool_needs_twice_as_many_slots") {
  pool_options options;
  CHECK(slots_of(options) == 16);
  options.reclaim_after = 2s;
  CHECK(slots_of(options) == 32);
}

TEST_CASE("each_violation_names_field_value_and_what_is_allowed") {
  struct row {
    std::function<void(pool_options&)> change;
    char const* field;
    char const* value;
    char const* allowed;
  };
  auto const* const reclaimable = "longer than leak_threshold, which it needs, to 10 years";
  auto const* const serves_nobody =
      "at least 1 where check_on_acquire is always or max_idle is 0: nobody could ever be served";
  auto const* const no_choice = "one of its enumerators";
  auto const nan = std::numeric_limits<double>::quiet_NaN();
  for (auto const& [change, field, value, allowed] : {
           row{[](auto& o) { o.max_size = 0; }, "max_size", "0", "1 to 16777216"},
           row{[](auto& o) { o.max_size = 1U << 25U; }, "max_size", "33554432", "1 to 16777216"},
           row{[](auto& o) { o.min_idle = 17; }, "min_idle", "17", "0 to max_size (16)"},
           row{[](auto& o) { o.initial_size = 17; }, "initial_size", "17",
               "0 to max_size and max_idle (16)"},
           row{[](auto& o) { o.initial_size = 5, o.max_idle = 4; }, "initial_size", "5",
               "0 to max_size and max_idle (4)"},
           row{[](auto& o) { o.initial_size = 17, o.max_idle = 99; }, "initial_size", "17",
               "0 to max_size and max_idle (16)"},
           row{[](auto& o) { o.min_idle = 3, o.max_idle = 2; }, "max_idle", "2", "3 to 16777216"},
           row{[](auto& o) { o.max_idle = 1U << 25U; }, "max_idle", "33554432", "0 to 16777216"},
           row{[](auto& o) { o.max_waiters = 1U << 25U; }, "max_waiters", "33554432",
               "0 to 16777216"},
           row{[](auto& o) { o.max_waiters = 0, o.max_idle = 0; }, "max_waiters", "0",
               serves_nobody},
           row{[](auto& o) { o.max_waiters = 0, o.check_on_acquire = acquire_check::always; },
               "max_waiters", "0", serves_nobody},
           row{[](auto& o) { o.acquire_timeout = -1ns; }, "acquire_timeout", "-1ns",
               "0 to 10 years"},
           row{[](auto& o) { o.open_timeout = 0ns; }, "open_timeout", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.check_timeout = 0ns; }, "check_timeout", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.reset_timeout = 0ns; }, "reset_timeout", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.close_timeout = 100'000h; }, "close_timeout", "100000h",
               "1ns to 10 years"},
           row{[](auto& o) { o.open_concurrency = 0; }, "open_concurrency", "0", "1 to 1024"},
           row{[](auto& o) { o.check_concurrency = 1025; }, "check_concurrency", "1025",
               "1 to 1024"},
           row{[](auto& o) { o.backoff.initial = 0ns; }, "backoff.initial", "0s",
               "1ns to 10 years"},
           row{[](auto& o) { o.backoff.limit = 1ms; }, "backoff.limit", "1ms",
               "at least backoff.initial (50ms)"},
           row{[](auto& o) { o.backoff.limit = 100'000h; }, "backoff.limit", "100000h",
               "1ns to 10 years"},
           row{[](auto& o) { o.fair = static_cast<fairness>(2); }, "fair", "2", no_choice},
           row{[](auto& o) { o.when_down = static_cast<while_down>(9); }, "when_down", "9",
               no_choice},
           row{[](auto& o) { o.check_on_acquire = static_cast<acquire_check>(3); },
               "check_on_acquire", "3", no_choice},
           row{[](auto& o) { o.after_bad_check = static_cast<bad_check>(2); }, "after_bad_check",
               "2", no_choice},
           row{[](auto& o) { o.order = static_cast<idle_order>(2); }, "order", "2", no_choice},
           row{[](auto& o) { o.returned = static_cast<on_return>(2); }, "returned", "2", no_choice},
           row{[](auto& o) { o.borrowers = static_cast<recording>(2); }, "borrowers", "2",
               no_choice},
           row{[](auto& o) { o.durations = static_cast<recording>(255); }, "durations", "255",
               no_choice},
           row{[](auto& o) { o.backoff.jitter = 1.5; }, "backoff.jitter", "1.500000", "0 to 1"},
           row{[](auto& o) { o.scan_interval = 0ns; }, "scan_interval", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.check_retries = 1001; }, "check_retries", "1001", "0 to 1000"},
           row{[](auto& o) { o.check_if_idle_for = 0ns; }, "check_if_idle_for", "0s",
               "1ns to 10 years"},
           row{[](auto& o) { o.idle_timeout = 0ns; }, "idle_timeout", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.max_lifetime = -5ns; }, "max_lifetime", "-5ns", "1ns to 10 years"},
           row{[nan](auto& o) { o.lifetime_jitter = nan; }, "lifetime_jitter", "nan", "0 to 1"},
           row{[](auto& o) { o.max_uses = 0; }, "max_uses", "0", "1 to 4294967295"},
           row{[](auto& o) { o.max_overtaken = 0; }, "max_overtaken", "0", "1 to 255"},
           row{[](auto& o) { o.max_overtaken = 256; }, "max_overtaken", "256", "1 to 255"},
           row{[](auto& o) { o.leak_threshold = 0ns; }, "leak_threshold", "0s", "1ns to 10 years"},
           row{[](auto& o) { o.reclaim_after = 5ns; }, "reclaim_after", "5ns", reclaimable},
           row{[](auto& o) { o.leak_threshold = 5ns, o.reclaim_after = 5ns; }, "reclaim_after",
               "5ns", reclaimable},
           row{[](auto& o) { o.leak_threshold = 5ns, o.reclaim_after = 100'000h; }, "reclaim_after",
               "100000h", reclaimable},
       }) {
    pool_options options;
    change(options);
    auto const found = violations_of(options);
    INFO(field);
    REQUIRE(found.size() == 1);
    CHECK(found[0].field == field);
    CHECK(found[0].value == value);
    CHECK(found[0].allowed == allowed);
  }
}

TEST_CASE("every_violation_is_reported_at_once") {
  pool_options options;
  options.max_size = 0;
  options.open_timeout = 0ns;
  options.lifetime_jitter = -1;
  options.initial_size = 1;
  options.max_overtaken = 0;
  options.reclaim_after = 1s;
  CHECK(violations_of(options).size() == 6);
}
