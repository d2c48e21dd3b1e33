// `conecta simulate` as a script has it.

#include "cli/bench_run.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

using namespace conecta;
using namespace conecta::cli_test;

namespace {

support::ended_process simulate(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), "simulate");
  return run_conecta(std::move(arguments), std::move(input));
}

std::string const shipped = CONECTA_SOURCE_DIR "/scenarios/simulate.json";

json found_by(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), shipped);
  arguments.insert(arguments.end(), {"--json", "-"});
  auto const ended = simulate(std::move(arguments));
  CAPTURE(ended.err);
  REQUIRE(ended.code == 0);
  return json::parse(ended.out);
}

std::string trace_of_one_run() {
  auto const ended =
      simulate({shipped, "--seed", "3", "--runs", "1", "--steps", "300", "--trace", "-"});
  REQUIRE(ended.code == 0);
  return ended.out;
}

} // namespace

TEST_CASE("the shipped simulation keeps every promise, and a seed means the same each time") {
  auto const found = found_by({"--runs", "20", "--steps", "2000", "--seed", "5"});
  CHECK(found["schema"] == "conecta.simulate/1");
  CHECK(found["verdict"] == "pass");
  CHECK(found["first_seed"] == 5);
  CHECK(found["failures"].empty());
  auto const& pool = found["pools"][0];
  CHECK(pool["endpoint"] == "cache");
  CHECK(pool["runs"] == 20);
  CHECK(pool["events"].get<int>() >= 20 * 1000);
  CHECK(found == found_by({"--runs", "20", "--steps", "2000", "--seed", "5"}));
  CHECK(found["hash"] != found_by({"--runs", "20", "--steps", "2000", "--seed", "6"})["hash"]);
}

TEST_CASE("the sim block says what goes wrong, and the pool block what it happens to") {
  auto const found = found_by({"--runs", "5", "--set",
                               R"(sim=[{"hook":"open","outcome":"refused","probability":1}])",
                               "--set", "pool.max_waiters=0"});
  auto const& pool = found["pools"][0];
  CHECK(pool["outcomes"]["open"].size() == 1);
  CHECK(pool["outcomes"]["open"]["refused"].get<int>() > 0);
  auto const& seen = pool["situations"];
  CHECK(std::find(seen.begin(), seen.end(), "granted_after_waiting") == seen.end());
}

TEST_CASE("the summary fits 80 columns and says what was drawn and what never came up") {
  auto const ended = simulate({shipped, "--runs", "3", "--steps", "500"});
  CHECK(ended.code == 0);
  CHECK(ended.out.find("everything fails: seeds 7 to 9, each twice") == 0);
  CHECK(ended.out.find("open refused") != std::string::npos);
  CHECK(ended.out.find("never came up:") != std::string::npos);
  CHECK(ended.out.find("every promise was kept") != std::string::npos);
  for (std::size_t from = 0; from < ended.out.size();) {
    auto const end = std::min(ended.out.find('\n', from), ended.out.size());
    CHECK(end - from <= 80);
    from = end + 1;
  }
}

TEST_CASE("a trace comes out again; one that was changed is told with its line") {
  auto const trace = trace_of_one_run();
  auto const same = simulate({"--replay", "-"}, trace);
  CHECK(same.code == 0);
  CHECK(same.out.find("all came out so") != std::string::npos);
  auto changed = trace;
  auto const at = changed.find("  grant t");
  REQUIRE(at != std::string::npos);
  changed.replace(at, 9, "  grant t9");
  auto const line = std::count(changed.begin(), changed.begin() + static_cast<long>(at), '\n') + 1;
  auto const different = simulate({"--replay", "-"}, changed);
  CHECK(different.code == 1);
  CHECK(different.out.find("standard input:" + std::to_string(line) + ": written \"grant t9") == 0);
}

TEST_CASE("what is no trace is 65, what cannot be read 66, with a reason") {
  auto const malformed = simulate({"--replay", "-"}, "conecta-trace 1\n5 \x1b[31mexplode\n");
  CHECK(malformed.code == 65);
  CHECK(malformed.err.find("standard input:2: ") == 0);
  CHECK(malformed.err.find('\x1b') == std::string::npos);
  CHECK(simulate({"--replay", "/nonexistent/trace"}).code == 66);
  CHECK(simulate({"--replay", "/tmp"}).code == 66);
  CHECK(simulate({"/nonexistent/scenario.json"}).code == 66);
  CHECK(simulate({"-"}, "{ \"version\": 1 }").code == 65);
}

TEST_CASE("a simulation that is asked for wrongly is 64") {
  CHECK(simulate({}).code == 64);
  CHECK(simulate({shipped, "--replay", "trace.txt"}).code == 64);
  CHECK(simulate({"--replay", "trace.txt", "--runs", "5"}).code == 64);
  CHECK(simulate({shipped, "--runs", "0"}).code == 64);
  CHECK(simulate({shipped, "--steps", "-1"}).code == 64);
  CHECK(simulate({shipped, "--json", "-", "--trace", "-"}).code == 64);
  CHECK(simulate({shipped, "--runs", "1", "--steps", "10", "--json", "/dev/full"}).code == 73);
}
