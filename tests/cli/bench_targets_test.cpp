// `conecta bench` with embedded servers that speak a protocol, and with their errors.

#include "cli/bench_run.hpp"

#include <catch2/catch.hpp>

using namespace conecta::cli_test;

namespace {

struct kind_of_target {
  char const* name;
  json request;
  char const* code;
  char const* said; ///< in the detail of a request that it failed
};

kind_of_target every_kind() {
  return GENERATE(
      kind_of_target{"redis",
                     {{"redis", {"SET", "key-{{seq}}", "{{nonce}}"}}},
                     "LOADING",
                     "-LOADING Redis is loading"},
      kind_of_target{
          "http", {{"http", {{"path", "/{{nonce}}"}}}}, "503", "503 Service Unavailable"},
      kind_of_target{"memcached",
                     {{"send", "set key-{{seq}} 0 0 16\r\n{{nonce}}\r\n"},
                      {"reply", {{"until", "\r\n"}}},
                      {"expect", {{"prefix", "STORED"}}}},
                     "SERVER_ERROR",
                     "SERVER_ERROR injected"},
      kind_of_target{"postgres",
                     {{"sql", "INSERT INTO user(name, age) VALUES ('{{nonce}}', 7)"}},
                     "40001",
                     "40001 could not serialize access"},
      kind_of_target{"mysql",
                     {{"sql", "INSERT INTO user(name, age) VALUES ('{{nonce}}', 7)"}},
                     "1213",
                     "1213 Deadlock found"});
}

json scenario_of(kind_of_target const& kind) {
  auto scenario = ping_scenario("", "300ms");
  scenario["endpoints"][0] = {{"id", "it"}, {"target", {{"kind", kind.name}}}};
  scenario["workload"]["requests"] = json::array({kind.request});
  scenario["invariants"] = true;
  return scenario;
}

json error_reply(char const* code, double probability) {
  return json::array({{{"id", "errors"},
                       {"endpoint", "it"},
                       {"type", "error_reply"},
                       {"code", code},
                       {"at", "steady+0s"},
                       {"for", "300ms"},
                       {"probability", probability}}});
}

} // namespace

TEST_CASE("a pool has sessions of embedded servers that speak a protocol") {
  auto const kind = every_kind();
  CAPTURE(kind.name);
  auto const run = run_bench(scenario_of(kind));
  CAPTURE(run.process.err, run.found.dump());
  REQUIRE(run.process.code == 0);
  require_sums(run.found);
  CHECK(run.found["requests"]["succeeded"] > 100);
  CHECK(run.found["requests"]["failed"] == 0);
  CHECK(run.found["pool"]["open_failed"] == 0);
  CHECK(run.found["wire"]["connections_established"] == run.found["pool"]["opened"]);
}

TEST_CASE("sessions of embedded servers are checked by their own ping") {
  auto const kind = every_kind();
  CAPTURE(kind.name);
  auto scenario = scenario_of(kind);
  scenario["stages"][0]["workers"] = 0;
  scenario["pool"]["min_idle"] = 2;
  scenario["pool"]["scan_interval"] = "20ms";
  auto const run = run_bench(scenario);
  CAPTURE(run.process.err, run.found.dump());
  REQUIRE(run.process.code == 0);
  CHECK(run.found["pool"]["checks"]["ok"] >= 4);
  CHECK(run.found["pool"]["checks"]["failed"] == 0);
  bool const has_a_ping = std::string_view{kind.name} != "memcached";
  CHECK((run.found["wire"]["checks_sent"] > 0) == has_a_ping);
}

TEST_CASE("each error that an embedded server says is one request that failed, or one open") {
  auto const kind = every_kind();
  CAPTURE(kind.name);
  auto scenario = scenario_of(kind);
  scenario["pool"]["max_lifetime"] = "20ms"; // so that opens meet errors, too
  scenario["pool"]["backoff"] = {{"initial", "1ms"}, {"limit", "1ms"}};
  scenario["faults"] = error_reply(kind.code, 0.05);
  // What is opening when the pool closes fails, too, and of no error: it gets the time to end.
  scenario["stages"].push_back({{"name", "rest"}, {"duration", "200ms"}, {"workers", 0}});
  auto const run = run_bench(scenario);
  CAPTURE(run.process.err, run.found.dump());
  REQUIRE(run.process.code == 0);
  require_sums(run.found);
  auto const failed = run.errors("expect", "mismatch");
  CHECK(failed > 0);
  CHECK(run.found["requests"]["failed"] == failed);
  std::uint64_t const not_opened = run.found["pool"]["open_failed"];
  std::uint64_t const injected = run.found["faults"][0]["injected"];
  CHECK(injected == failed + not_opened);
  for (auto const& each : run.found["errors"]) {
    CHECK_THAT(each["detail"].get<std::string>(), Catch::Matchers::Contains(kind.said));
  }
}

TEST_CASE("what ends a session, or keeps everybody out, is told as that") {
  auto const [name, code, phase, error] =
      GENERATE(table<char const*, char const*, char const*, char const*>({
          {"postgres", "53300", "open", "protocol"},
          {"postgres", "28P01", "open", "denied"},
          {"mysql", "1040", "open", "protocol"},
          {"redis", "NOAUTH", "open", "denied"},
      }));
  CAPTURE(name, code);
  auto scenario = ping_scenario("", "300ms");
  scenario["endpoints"][0] = {{"id", "it"}, {"target", {{"kind", name}}}};
  auto const request =
      std::string_view{name} == "redis" ? json{{"redis", {"PING"}}} : json{{"sql", "SELECT 1"}};
  scenario["workload"]["requests"] = json::array({request});
  scenario["pool"]["when_down"] = "fail_fast";
  scenario["faults"] = error_reply(code, 1);
  // Errors end with the last stage: whoever waits for an open at the end of the first meets them.
  scenario["stages"].push_back({{"name", "rest"}, {"duration", "200ms"}, {"workers", 0}});
  auto const run = run_bench(scenario);
  CAPTURE(run.process.err, run.found.dump());
  CHECK(run.process.code == 69);
  CHECK(run.errors(phase, error) == run.found["requests"]["failed"]);
}
