// What a failed open leads to, as tables.

#include "core/backoff.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::core;
using namespace std::chrono_literals;

TEST_CASE("a_delay_is_doubled_up_to_the_limit_and_shortened_by_chance") {
  backoff_options const options{.initial = 50ms, .limit = 300ms, .jitter = 0.5};
  CHECK(backoff_delay(options, 1, 0.0) == 50ms);
  CHECK(backoff_delay(options, 2, 0.0) == 100ms);
  CHECK(backoff_delay(options, 3, 0.0) == 200ms);
  CHECK(backoff_delay(options, 4, 0.0) == 300ms);
  CHECK(backoff_delay(options, 64, 0.0) == 300ms);
  CHECK(backoff_delay(options, 1, 1.0) == 25ms);
  CHECK(backoff_delay(options, 4, 0.5) == 225ms);
}

TEST_CASE("a_delay_does_not_overflow_and_is_never_nothing") {
  backoff_options const longest{.initial = 1ns, .limit = 24h * 3653, .jitter = 0};
  CHECK(backoff_delay(longest, 64, 0.0) == 24h * 3653);
  CHECK(shortened(1ns, 1.0) == 1ns);
  CHECK(shortened(10ns, 1.0) == 1ns);
  CHECK(shortened(10ns, 0.0) == 10ns);
}

TEST_CASE("opens_pause_after_a_failure_then_one_tries_then_ever_more_may") {
  random_source random{1};
  backoff pause{{.initial = 10ns, .limit = 100ns, .jitter = 0}};
  CHECK(pause.opens_allowed(instant{}, 4) == 4);
  pause.failed(instant{5ns}, random);
  CHECK(pause.resume_at() == instant{15ns});
  CHECK(pause.opens_allowed(instant{14ns}, 4) == 0);
  CHECK(pause.opens_allowed(instant{15ns}, 4) == 1);
  pause.failed(instant{14ns}, random); // was under way together with the first
  CHECK(pause.failures() == 1);
  pause.failed(instant{15ns}, random);
  CHECK(pause.failures() == 2);
  CHECK(pause.resume_at() == instant{35ns});
  pause.succeeded();
  CHECK(pause.opens_allowed(instant{16ns}, 4) == 2);
  pause.succeeded();
  CHECK(pause.opens_allowed(instant{16ns}, 4) == 3);
  pause.succeeded();
  pause.succeeded();
  CHECK(pause.opens_allowed(instant{16ns}, 4) == 4);
}

TEST_CASE("jitter_draws_delays_between_its_part_and_the_whole") {
  random_source random{7};
  backoff_options const options{.initial = 1000ns, .limit = 1000ns, .jitter = 0.25};
  auto least = duration::max();
  auto most = duration::min();
  for (auto i = 0; i < 1000; ++i) {
    backoff pause{options};
    pause.failed(instant{}, random);
    auto const delay = pause.resume_at() - instant{};
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= 750ns);
  CHECK(least < 760ns);
  CHECK(most <= 1000ns);
  CHECK(most > 990ns);
}

TEST_CASE("random_numbers_are_the_same_everywhere") {
  random_source random{1234567};
  CHECK(random.next() == 6457827717110365317U); // the published values of SplitMix64
  CHECK(random.next() == 3203168211198807973U);
  CHECK(random.next() == 9817491932198370423U);
}
