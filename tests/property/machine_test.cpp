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
    using conecta::property::command;
    return gen::build<command>(
        gen::set(&command::what, gen::inRange<std::uint8_t>(0, 20)),
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
  std::uint64_t evicted_idle = 0, evicted_lifetime = 0, evicted_unhealthy = 0;
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
    evicted_idle += that.stats.evicted_by[close_reason::idle];
    evicted_lifetime += that.stats.evicted_by[close_reason::lifetime];
    evicted_unhealthy += that.stats.evicted_by[close_reason::unhealthy];
  }
};

} // namespace

TEST_CASE("a_machine_does_what_the_model_says") {
  sightings seen;
  auto const property = [&seen](std::array<std::uint8_t, 20> const& settings,
                                std::vector<command> const& commands) {
    script const that{settings, commands};
    auto const found = play(that);
    if (found.complaint) {
      RC_FAIL(*found.complaint);
    }
    seen.add(that, found);
  };

  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = std::max(params.maxSuccess, 12000);
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
  CHECK(seen.commands > 200'000);
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
  CHECK(seen.evicted_idle > 0);
  CHECK(seen.evicted_lifetime > 0);
  CHECK(seen.evicted_unhealthy > 0);
}
