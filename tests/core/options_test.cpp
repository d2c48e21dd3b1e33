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

TEST_CASE("each_violation_names_field_value_and_what_is_allowed") {
  struct row {
    std::function<void(pool_options&)> change;
    char const* field;
    char const* value;
    char const* allowed;
  };
  auto const nan = std::numeric_limits<double>::quiet_NaN();
  for (auto const& [change, field, value, allowed] : {
           row{[](auto& o) { o.max_size = 0; }, "max_size", "0", "1 to 16777216"},
           row{[](auto& o) { o.max_size = 1U << 25U; }, "max_size", "33554432", "1 to 16777216"},
           row{[](auto& o) { o.min_idle = 17; }, "min_idle", "17", "0 to max_size (16)"},
           row{[](auto& o) { o.max_waiters = 1U << 25U; }, "max_waiters", "33554432",
               "0 to 16777216"},
           row{[](auto& o) { o.acquire_timeout = -1ns; }, "acquire_timeout", "-1ns",
               "0ns to 10 years"},
           row{[](auto& o) { o.open_timeout = 0ns; }, "open_timeout", "0ns", "1ns to 10 years"},
           row{[](auto& o) { o.check_timeout = 0ns; }, "check_timeout", "0ns", "1ns to 10 years"},
           row{[](auto& o) { o.reset_timeout = 0ns; }, "reset_timeout", "0ns", "1ns to 10 years"},
           row{[](auto& o) { o.close_timeout = 100'000h; }, "close_timeout", "360000000000000000ns",
               "1ns to 10 years"},
           row{[](auto& o) { o.open_concurrency = 0; }, "open_concurrency", "0", "1 to 1024"},
           row{[](auto& o) { o.check_concurrency = 1025; }, "check_concurrency", "1025",
               "1 to 1024"},
           row{[](auto& o) { o.backoff.initial = 0ns; }, "backoff.initial", "0ns",
               "1ns to 10 years"},
           row{[](auto& o) { o.backoff.limit = 1ms; }, "backoff.limit", "1000000ns",
               "at least backoff.initial"},
           row{[](auto& o) { o.backoff.jitter = 1.5; }, "backoff.jitter", "1.500000", "0 to 1"},
           row{[](auto& o) { o.scan_interval = 0ns; }, "scan_interval", "0ns", "1ns to 10 years"},
           row{[](auto& o) { o.check_retries = 1001; }, "check_retries", "1001", "0 to 1000"},
           row{[](auto& o) { o.idle_timeout = 0ns; }, "idle_timeout", "0ns", "1ns to 10 years"},
           row{[](auto& o) { o.max_lifetime = -5ns; }, "max_lifetime", "-5ns", "1ns to 10 years"},
           row{[nan](auto& o) { o.lifetime_jitter = nan; }, "lifetime_jitter", "nan", "0 to 1"},
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
  CHECK(violations_of(options).size() == 3);
}
