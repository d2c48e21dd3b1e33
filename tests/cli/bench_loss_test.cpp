// A fault with a probability does what its probability says.

#include "cli/bench_run.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace conecta::cli_test;

TEST_CASE("a loss of 0.3 loses 0.3 of the datagrams, within the 99 % interval") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "udp"}, {"target", {{"kind", "udp-echo"}}}};
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}"}};
  scenario["pool"]["max_size"] = 16;
  scenario["workload"]["workers"] = 16;
  scenario["workload"]["request_timeout"] = "200ms"; // only what was lost takes as long
  scenario["stages"] = {{{"name", "steady"}, {"duration", "2s"}}};
  scenario["faults"] = {{{"id", "lossy"},
                         {"endpoint", "udp"},
                         {"type", "loss"},
                         {"probability", 0.3},
                         {"at", "steady+0s"},
                         {"for", "2s"}}};
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& requests = run.found.at("requests");
  auto const sent = requests.at("attempted").get<double>();
  auto const lost = static_cast<double>(run.errors("receive", "timeout"));
  CAPTURE(sent, lost);
  CHECK(sent > 200);
  CHECK(std::abs(lost - 0.3 * sent) <= 2.576 * std::sqrt(sent * 0.3 * 0.7));
  CHECK(run.found.at("faults")[0].at("injected") == requests.at("failed"));
  require_sums(run.found);
}
