// Pools whose connections are sessions of a protocol, before servers that were not written here.

#include "cli/bench_run.hpp"
#include "cli/redis_server.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::cli_test;

namespace {

json redis_scenario(redis_server const& redis, std::string const& user = {},
                    std::string const& path = {}) {
  auto scenario = ping_scenario("redis://" + user + redis.address().text() + path);
  scenario["workload"]["requests"] = json::array(
      {{{"name", "set"}, {"redis", {"SET", "key-{{nonce}}", "{{seq}}"}}},
       {{"name", "get"}, {"redis", {"GET", "nobody"}}, {"expect", {{"equals", "$-1\r\n"}}}}});
  return scenario;
}

} // namespace

TEST_CASE("commands of Redis go over sessions that were introduced, and are counted as such") {
  redis_server redis;
  auto const before = redis.counts();
  auto scenario = redis_scenario(redis, "", "/2");
  scenario["invariants"] = true;
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const after = redis.counts();
  auto const& wire = run.found.at("wire");
  auto const sessions = wire.at("connections_established").get<std::uint64_t>();
  CHECK(run.found.at("requests").at("failed") == 0);
  CHECK(after.connections - before.connections == sessions);
  CHECK(after.commands - before.commands - 1 == // less one INFO; SELECT and PING of each session
        wire.at("requests_sent").get<std::uint64_t>() + 2 * sessions);
  require_sums(run.found);
}

TEST_CASE("a session that Redis does not let in is an open that was denied") {
  redis_server const redis;
  auto scenario = redis_scenario(redis, "anna:geheim@");
  scenario["pool"]["when_down"] = "fail_fast";
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  CHECK(run.process.code == 69);
  CHECK(run.errors("open", "denied") > 0);
  CHECK(run.found.at("requests").at("succeeded") == 0);
  CHECK(run.process.out.find("geheim") == std::string::npos);
  require_sums(run.found);
}

TEST_CASE("an error of Redis is a request that failed, and its session goes on") {
  redis_server const redis;
  auto scenario = redis_scenario(redis);
  scenario["workload"]["requests"] = json::array({{{"name", "wrong"}, {"redis", {"NOSUCH"}}}});
  auto const run = run_bench(scenario);
  REQUIRE(run.process.code == 0);
  CHECK(run.errors("expect", "mismatch") == run.found.at("requests").at("failed"));
  CHECK(run.found.at("requests").at("succeeded") == 0);
}

TEST_CASE("an idle session of Redis is asked by PING where the scenario has no check") {
  redis_server const redis;
  auto scenario = redis_scenario(redis);
  scenario["pool"]["scan_interval"] = "50ms";
  scenario["stages"].push_back({{"name", "rest"}, {"duration", "300ms"}, {"workers", 0}});
  auto const run = run_bench(scenario);
  REQUIRE(run.process.code == 0);
  CHECK(run.found.at("wire").at("checks_sent") > 0);
  CHECK(run.found.at("pool").at("checks").at("failed") == 0);
}
