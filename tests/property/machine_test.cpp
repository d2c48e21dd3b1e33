// Random histories of random pools: after every event the machine does, counts and plans what the
// model says. Replay a failure with the line RC_PARAMS=... that it prints, or its trace.

#include "property/script.hpp"

#include <conecta/stats.hpp>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <iostream>

namespace rc {

template <>
struct Arbitrary<conecta::property::command> {
  static Gen<conecta::property::command> arbitrary() {
    using namespace conecta::property;
    return gen::build<command>(
        gen::set(&command::what, gen::inRange<std::uint8_t>(0, kinds_of_command)),
        gen::set(&command::which, gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>())),
        gen::set(&command::later, gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>())));
  }
};

} // namespace rc

namespace conecta::property {

static void showValue(command const& that, std::ostream& out) {
  out << '{' << +that.what << ' ' << +that.which << ' ' << +that.later << '}';
}

} // namespace conecta::property

namespace {

using namespace conecta;
using namespace conecta::property;

/// What has come up in all histories together. A situation that never did was not tested.
struct sightings {
  pool_stats sum;
  std::size_t histories = 0, commands = 0, refused = 0;

  void add(script const& played, verdict const& that) {
    ++histories;
    commands += played.commands.size();
    refused += that.refused;
    sum.opened += that.stats.opened;
    sum.open_failed += that.stats.open_failed;
    sum.closed += that.stats.closed;
    sum.acquired += that.stats.acquired;
    sum.timed_out += that.stats.timed_out;
    sum.cancelled += that.stats.cancelled;
    sum.rejected += that.stats.rejected;
    sum.checks_ok += that.stats.checks_ok;
    sum.checks_failed += that.stats.checks_failed;
    sum.detached += that.stats.detached;
    sum.added += that.stats.added;
    sum.stuck += that.stats.stuck;
    sum.resetting += that.stats.resetting;
    sum.leaked += that.stats.leaked;
    sum.reclaimed += that.stats.reclaimed;
    for (std::size_t i = 0; i < close_reason_count; ++i) {
      auto const reason = static_cast<close_reason>(i);
      sum.closed_by[reason] += that.stats.closed_by[reason];
      sum.evicted_by[reason] += that.stats.evicted_by[reason];
    }
  }
};

} // namespace

TEST_CASE("a_machine_does_what_the_model_says") {
  sightings seen;
  auto const property = [&seen](std::array<std::uint8_t, setting_count> const& settings,
                                std::vector<command> const& commands) {
    script const that{settings, commands};
    auto const found = play(that);
    if (found.complaint) {
      RC_FAIL(*found.complaint);
    }
    seen.add(that, found);
  };

  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = std::max(params.maxSuccess, 30'000);
  params.maxSize = std::max(params.maxSize, 150);
  rc::detail::TestMetadata about;
  about.id = "a_machine_does_what_the_model_says";
  about.description = "machine and model agree";
  auto const result = rc::detail::checkTestable(property, about, params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    rc::detail::printResultMessage(result, std::cerr);
    std::cerr << "\nreplay: RC_PARAMS='seed=" << params.seed
              << "' conecta_test_property a_machine_does_what_the_model_says\n";
    FAIL("machine and model disagree; seed " << params.seed);
  }

  std::cout << seen.histories << " histories, " << seen.commands << " commands, seed "
            << params.seed << "\n";
  CHECK(seen.commands > 1'000'000);
  CHECK(seen.refused > 0);
  CHECK(seen.sum.opened > 0);
  CHECK(seen.sum.open_failed > 0);
  CHECK(seen.sum.closed > 0);
  CHECK(seen.sum.acquired > 0);
  CHECK(seen.sum.timed_out > 0);
  CHECK(seen.sum.cancelled > 0);
  CHECK(seen.sum.rejected > 0);
  CHECK(seen.sum.checks_ok > 0);
  CHECK(seen.sum.checks_failed > 0);
  CHECK(seen.sum.detached > 0);
  CHECK(seen.sum.added > 0);
  CHECK(seen.sum.stuck > 0);
  CHECK(seen.sum.resetting > 0);
  CHECK(seen.sum.leaked > 0);
  CHECK(seen.sum.reclaimed > 0);
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    auto const reason = static_cast<close_reason>(i);
    CAPTURE(name_of(reason));
    CHECK((seen.sum.closed_by[reason] > 0) == (reason != close_reason::discarded));
  }
  for (auto const reason : {close_reason::idle, close_reason::lifetime, close_reason::unhealthy,
                            close_reason::surplus, close_reason::stale}) {
    CAPTURE(name_of(reason));
    CHECK(seen.sum.evicted_by[reason] > 0);
  }
}
