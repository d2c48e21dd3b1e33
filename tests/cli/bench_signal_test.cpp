// The first interrupt ends the load and reports; the second ends the process.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"
#include "support/rude_server.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;

namespace {

json long_scenario(wire::address const& server) {
  auto scenario = ping_scenario(tcp_url(server), "1h");
  scenario["workload"]["request_timeout"] = "10m";
  scenario["pool"]["acquire_timeout"] = "10m";
  return scenario;
}

} // namespace

TEST_CASE("the first interrupt stops the run, which still reports what there is") {
  auto const [signal, code] = GENERATE(std::pair{SIGINT, 130}, std::pair{SIGTERM, 143});
  auto const server = target::start({});
  auto scenario = long_scenario(server->address());
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};
  scenario["thresholds"] = {{{"metric", "requests.rate_per_s"}, {"min", 1e9}}};
  auto running = start_bench(scenario);
  REQUIRE(support::eventually([&] { return server->counts().requests > 100; }));
  running.signal(signal);

  auto const result = result_of(running.wait(10s));
  CAPTURE(result.process.err);
  CHECK(result.process.code == code);
  CHECK(result.found.at("complete") == false);
  CHECK(result.found.at("verdict") == "incomplete");
  CHECK(result.found.at("thresholds")[0].at("ok").is_null());
  CHECK(result.found.at("requests").at("succeeded") > 0);
  require_sums(result.found);
  server->stop();
  CHECK(server->counts().accepted == result.found.at("wire").at("connections_established"));
  CHECK(server->counts().requests == result.found.at("wire").at("requests_sent"));
}

TEST_CASE("an interrupted schedule drops what waits, and counts only what was due by then") {
  target::target_options slow;
  slow.reply_delay = 100ms;
  auto const server = target::start(slow);
  auto scenario = long_scenario(server->address());
  scenario["workload"] = {{"model", "open"},
                          {"rate", "1000/s"},
                          {"max_in_flight", 2},
                          {"requests", {{{"send", "x\n"}, {"reply", {{"echo", true}}}}}}};
  auto running = start_bench(scenario);
  REQUIRE(support::eventually([&] { return server->counts().requests >= 6; }));
  running.signal(SIGINT);

  auto const result = result_of(running.wait(10s));
  CAPTURE(result.process.err);
  CHECK(result.process.code == 130);
  auto const& requests = result.found.at("requests");
  CHECK(requests.at("dropped") > 100);
  CHECK(requests.at("succeeded") >= 4);
  auto const due = requests.at("attempted").get<double>() + requests.at("dropped").get<double>();
  auto const seconds = result.found.at("recorded_ns").get<double>() / 1e9;
  CHECK(due == Approx(1000 * seconds).margin(2));
  require_sums(result.found);
}

TEST_CASE("a window that an interrupt cuts short has the pool's figures until then, no verdict") {
  auto const server = target::start({});
  auto scenario = long_scenario(server->address());
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};
  scenario["workload"]["think"] = "1ms"; // so that a thousand requests outlast the 20 ms
  scenario["faults"] = {{{"id", "slow"},
                         {"endpoint", "server"},
                         {"type", "latency"},
                         {"delay", "1ms"},
                         {"at", "steady+20ms"},
                         {"for", "30m"}}};
  scenario["thresholds"] = {{{"metric", "requests.failed"}, {"fault", "slow"}, {"equals", 0}},
                            {{"metric", "requests.failed"}, {"equals", 0}},
                            {{"metric", "recovered_after"}, {"fault", "slow"}, {"max", "1h"}}};
  scenario["invariants"] = true;
  auto running = start_bench(scenario);
  REQUIRE(support::eventually([&] { return server->counts().requests > 1000; }));
  running.signal(SIGINT);

  auto const result = result_of(running.wait(10s));
  CHECK(result.process.code == 130);
  CHECK(result.found.at("verdict") == "incomplete");
  for (auto const& threshold : result.found.at("thresholds")) {
    CHECK(threshold.at("ok").is_null());
    CHECK(threshold.at("reason") == "the run was interrupted");
  }
  for (auto const& invariant : result.found.at("invariants")) {
    CAPTURE(invariant.dump());
    CHECK(invariant.at("status") != "violated");
  }
  auto const& fault = result.found.at("faults")[0];
  CHECK(fault.at("pool").at("acquired") > 0);
  CHECK(fault.at("requests").at("rate_per_s") > 10);
}

TEST_CASE("a server that never answers does not hold an interrupted run up") {
  target::target_options silent;
  silent.reply_delay = 1h;
  auto const server = target::start(silent);
  auto scenario = long_scenario(server->address());
  scenario["workload"]["workers"] = 12; // four of them wait for a connection
  auto running = start_bench(scenario);
  REQUIRE(support::eventually([&] { return server->counts().requests == 8; }));
  running.signal(SIGINT);

  auto const result = result_of(running.wait(10s));
  CHECK(result.process.code == 130);
  CHECK(result.errors("receive", "cancelled") == 8);
  CHECK(result.found.at("requests").at("failed") == 12);
  require_sums(result.found);
}

TEST_CASE("the second interrupt ends the process at once") {
  target::target_options silent;
  silent.reply_delay = 1h;
  auto const server = target::start(silent);
  auto running = start_bench(long_scenario(server->address()));
  REQUIRE(support::eventually([&] { return server->counts().requests == 8; }));
  running.signal(SIGINT);
  running.signal(SIGTERM);
  auto const ended = running.wait(10s);
  CHECK((ended.code == 130 || ended.code == 143));
  CHECK(ended.out.empty());
}
