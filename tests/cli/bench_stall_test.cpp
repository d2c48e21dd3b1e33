// The scenario of the stalled server, whole: what users feel of a second without a reply, beside
// what a client sees that waits for its replies.

#include "cli/bench_run.hpp"

#include <catch2/catch.hpp>

using namespace conecta::cli_test;

namespace {

double p99_ms(json const& found, char const* latency) {
  return found.at("latency").at(latency).at("p99_ns").get<double>() / 1e6;
}

} // namespace

TEST_CASE("users feel a stall of one second that a client which waits does not") {
  auto const run = result_of(
      run_conecta({"bench", CONECTA_SOURCE_DIR "/scenarios/stalled-server.json", "--json", "-"}));
  REQUIRE(run.found.is_object());
  CAPTURE(run.process.err, run.found.at("thresholds").dump());
  // A thousand of the 10,000 come due while nothing is answered; a hundred of them, the p99, in its
  // first 100 ms.
  CHECK(run.found.at("requests").at("attempted").get<double>() == Approx(10'000).epsilon(0.001));
  CHECK(run.found.at("requests").at("failed") == 0);
  CHECK(run.found.at("requests").at("dropped") == 0);
  CHECK(p99_ms(run.found, "total") == Approx(900).margin(100));
  CHECK(p99_ms(run.found, "total_uncorrected") < 100);
  for (auto const& each : run.found.at("thresholds")) {
    // How soon the last requests are as quick as before is also up to what else the machine does.
    CHECK((each.at("ok") == true || each.at("metric") == "recovered_after"));
  }
  require_sums(run.found);
}
