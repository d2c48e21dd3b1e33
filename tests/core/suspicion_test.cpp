// after_bad_check: what a resource that fails its last check says about those that are older.

#include "support/dialogue.hpp"

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr hooks_present with_check{.check = true};

pool_options suspicious(std::size_t slots) {
  pool_options options;
  options.max_size = slots;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.after_bad_check = bad_check::makes_older_suspect;
  options.check_retries = 0;
  options.scan_interval = 1s;
  return options;
}

} // namespace

TEST_CASE("one_bad_check_makes_all_that_are_older_suspect") {
  dialogue pool{suspicious(3), with_check};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({close{s(0, 4), close_reason::unhealthy, pool.in(5s)}});
  pool.on(give_back{s(1, 2)}); // lent meanwhile, and opened before
  auto const caller = pool.acquire();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  pool.at(1001ms).on(checked{s(1, 3), health::good});
  pool.expect({grant{caller, s(1, 4)}});
  pool.on(give_back{s(1, 4)});
  auto const next = pool.acquire();
  pool.expect({grant{next, s(1, 5)}}); // cleared of suspicion
}

TEST_CASE("what_is_opened_after_a_bad_check_is_not_suspect") {
  dialogue pool{suspicious(2), with_check};
  pool.fill(1);
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(checked{s(0, 3), health::bad});
  pool.forget_what_was_heard();
  CHECK(pool.at(1001ms).lend() == s(1, 2));
  pool.on(give_back{s(1, 2)});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
}

TEST_CASE("a_reset_that_succeeds_clears_of_suspicion") {
  auto options = suspicious(2);
  options.returned = on_return::reset;
  dialogue pool{options, {.check = true, .reset = true}};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.expect({reset{s(0, 3), pool.in(5s)}});
  pool.on(reset_done{s(0, 3), health::good});
  pool.at(1s).tick();
  pool.expect({check{s(0, 4), 0, pool.in(1s)}});
  pool.on(checked{s(0, 4), health::bad});
  pool.forget_what_was_heard();
  pool.at(1001ms).on(give_back{s(1, 2)});
  pool.expect({reset{s(1, 3), pool.in(5s)}});
  pool.on(reset_done{s(1, 3), health::good});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 4)}});
}

TEST_CASE("unless_the_options_say_so_a_bad_check_concerns_one_alone") {
  auto options = suspicious(2);
  options.after_bad_check = bad_check::concerns_it_alone;
  dialogue pool{options, with_check};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(checked{s(0, 3), health::bad});
  pool.forget_what_was_heard();
  pool.on(give_back{s(1, 2)});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
}

TEST_CASE("a_bad_check_for_a_caller_makes_others_suspect_that_would_be_fresh") {
  auto options = suspicious(2);
  options.check_on_acquire = acquire_check::if_idle_for;
  dialogue pool{options, with_check};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  auto const caller = pool.at(600ms).acquire();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.forget_what_was_heard();
  pool.on(give_back{s(1, 2)}); // used a moment ago
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  pool.at(601ms).on(checked{s(1, 3), health::good});
  pool.expect({grant{caller, s(1, 4)}});
}

TEST_CASE("a_check_that_will_be_tried_again_makes_nothing_suspect_yet") {
  auto options = suspicious(2);
  options.check_retries = 1;
  dialogue pool{options, with_check};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.at(1s).tick();
  pool.expect({check{s(0, 3), 0, pool.in(1s)}});
  pool.on(checked{s(0, 3), health::bad});
  pool.expect({check{s(0, 4), 1, pool.in(1s)}});
  pool.on(give_back{s(1, 2)});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
}

TEST_CASE("who_only_tries_is_not_given_what_is_suspect") {
  dialogue pool{suspicious(2), with_check};
  pool.hold(2);
  pool.on(give_back{s(0, 2)});
  pool.at(1s).tick();
  pool.forget_what_was_heard();
  pool.on(checked{s(0, 3), health::bad});
  pool.forget_what_was_heard();
  pool.on(give_back{s(1, 2)});
  auto const trying = pool.acquire(0s);
  pool.expect({check{s(1, 3), 0, pool.in(1s)}, reject{trying, reject_reason::exhausted}});
}

} // namespace conecta::core
