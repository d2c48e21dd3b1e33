// Faults of a host's name: the pool asks for it at each open, and for nothing else.

#include "cli/bench_run.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;

namespace {

/// Three stages, a fault in the middle one; connections are replaced all the time.
json named_scenario(wire::address const& server, json fault) {
  auto scenario = ping_scenario("tcp://localhost:" + std::to_string(server.port()));
  scenario["pool"]["acquire_timeout"] = "100ms";
  scenario["pool"]["max_lifetime"] = "40ms";
  scenario["pool"]["backoff"] = {{"initial", "5ms"}, {"limit", "20ms"}};
  scenario["workload"]["think"] = "1ms";
  scenario["workload"]["request_timeout"] = "2s";
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}\n"}, {"reply", {{"echo", true}}}};
  scenario["stages"] = {{{"name", "before"}, {"duration", "300ms"}},
                        {{"name", "during"}, {"duration", "500ms"}},
                        {{"name", "after"}, {"duration", "500ms"}}};
  fault.update({{"id", "lost"},
                {"endpoint", "server"},
                {"type", "name"},
                {"at", "during+0s"},
                {"for", "500ms"}});
  scenario["faults"] = json::array({fault});
  return scenario;
}

double open_ms(json const& block, std::string const& figure) {
  return block.at("latency").at("open").at(figure).get<double>() / 1e6;
}

} // namespace

TEST_CASE("a name that is missing fails opens until it is back") {
  auto const server = target::start({});
  auto const run = run_bench(named_scenario(server->address(), {{"mode", "missing"}}));
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& fault = run.found.at("faults")[0];
  CAPTURE(fault.dump());
  CHECK(fault.at("injected") > 0);
  CHECK(fault.at("pool").at("open_failed") > 0);
  CHECK(run.errors("open", "name") > 0);
  // An open that the fault failed is the only way to fail.
  CHECK(run.errors("open", "name") + run.errors("acquire", "timeout") ==
        run.found.at("requests").at("failed").get<std::uint64_t>());
  // One a worker may wait already when it begins.
  CHECK(run.found.at("stages")[0].at("requests").at("failed") <= 8);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  require_sums(run.found);
  server->stop();
  // Opens that are called off may have been accepted: at most open_concurrency when the run ends.
  auto const established = run.found.at("wire").at("connections_established").get<std::uint64_t>();
  CHECK(server->counts().accepted >= established);
  CHECK(server->counts().accepted <= established + 4);
}

TEST_CASE("a slow lookup makes opens slow, or times them out") {
  auto const server = target::start({});
  auto scenario = named_scenario(server->address(), {{"mode", "slow"}, {"delay", "60ms"}});
  {
    scenario["pool"]["acquire_timeout"] = "5s";
    auto const run = run_bench(scenario);
    INFO(run.process.err);
    REQUIRE(run.process.code == 0);
    CHECK(run.found.at("requests").at("failed") == 0);
    CHECK(run.found.at("faults")[0].at("injected") > 0);
    CHECK(open_ms(run.found.at("stages")[0], "min_ns") < 60);
    CHECK(open_ms(run.found.at("stages")[1], "p50_ns") >= 60);
    require_sums(run.found);
  }
  scenario["pool"]["acquire_timeout"] = "100ms";
  scenario["pool"]["open_timeout"] = "30ms";
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  CHECK(run.errors("open", "timeout") > 0);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  require_sums(run.found);
}

TEST_CASE("a name that changed leads new connections elsewhere, for as long as it does") {
  auto const server = target::start({});
  auto const port = server->address().port();
  auto const other = target::start({}, *wire::address::numeric("127.0.0.2", port));
  auto scenario =
      named_scenario(server->address(), {{"mode", "change"}, {"address", "127.0.0.2"}});
  scenario["pool"]["acquire_timeout"] = "5s";
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  CHECK(run.found.at("requests").at("failed") == 0);
  server->stop();
  other->stop();
  auto const injected = run.found.at("faults")[0].at("injected").get<std::uint64_t>();
  CHECK(injected > 0);
  CHECK(other->counts().accepted == injected);
  CHECK(server->counts().accepted + injected ==
        run.found.at("wire").at("connections_established"));
  CHECK(other->counts().requests > 0);
  require_sums(run.found);
}

TEST_CASE("a name of probability 0.5 is missing in half of the lookups") {
  auto const server = target::start({});
  auto scenario = named_scenario(server->address(), {{"mode", "missing"}, {"probability", 0.5}});
  scenario["workload"]["workers"] = 1;
  scenario["pool"] = {{"max_size", 1},
                      {"max_uses", 1},
                      {"backoff", {{"initial", "1ms"}, {"limit", "2ms"}}}};
  auto const run = run_bench(scenario);
  REQUIRE(run.process.code == 0);
  auto const& fault = run.found.at("faults")[0];
  auto const missed = fault.at("injected").get<double>();
  auto const lookups = missed + fault.at("pool").at("opened").get<double>();
  CAPTURE(missed, lookups);
  CHECK(lookups > 4);
  CHECK(std::abs(missed - lookups / 2) < 4 * std::sqrt(lookups / 4));
}
