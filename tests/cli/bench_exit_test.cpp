// What `conecta bench` and `conecta check` leave with, and what they say when they refuse.

#include "cli/bench_run.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace conecta;
using namespace conecta::cli_test;

namespace {

auto lines_in(std::string const& text) { return std::count(text.begin(), text.end(), '\n'); }

json echo_scenario() {
  auto scenario = ping_scenario("", "200ms");
  scenario["endpoints"][0] = {{"id", "echo"}, {"target", {{"kind", "tcp-echo"}}}};
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};
  return scenario;
}

} // namespace

TEST_CASE("usage that is wrong is 64, help and version are 0") {
  CHECK(run_conecta({}).code == 64);
  CHECK(run_conecta({"bench"}).code == 64);
  auto const mistyped = run_conecta({"porbe", "tcp://h:1"});
  CHECK(mistyped.code == 64);
  CHECK(mistyped.err == "conecta: there is no command \"porbe\"; did you mean \"probe\"?\n"
                        "conecta --help lists them\n");
  CHECK(run_conecta({"frobnicate"}).code == 64);
  CHECK(run_conecta({"bench", "-", "--no-such-option"}).code == 64);
  CHECK(run_conecta({"bench", "-", "--seed", "many"}).code == 64);
  CHECK(run_conecta({"bench", "-", "--duration", "long"}, echo_scenario().dump()).code == 64);
  CHECK(run_conecta({"bench", "-", "--set", "nonsense"}, echo_scenario().dump()).code == 64);
  CHECK(run_conecta({"--help"}).code == 0);
  auto const bench_help = run_conecta({"bench", "--help"});
  CHECK(bench_help.code == 0);
  for (char const* const code : {" 64 ", "65 ", " 69 ", " 70 ", " 73 ", " 78 ", " 143"}) {
    CHECK(bench_help.out.find(code) != std::string::npos);
  }
  auto const check_help = run_conecta({"check", "--help"}).out;
  CHECK(check_help.find("Exit codes: ") != std::string::npos);
  CHECK(check_help.find("\n\n\n") == std::string::npos);
  CHECK(run_conecta({"--version"}).out.rfind("conecta ", 0) == 0);
}

TEST_CASE("help fits a terminal of 80 columns and shows an example") {
  for (std::string const command : {"bench", "check", "probe", "simulate"}) {
    auto const help = run_conecta({command, "--help"}).out;
    CAPTURE(help);
    CHECK(help.find("  conecta " + command) != std::string::npos);
    for (std::size_t from = 0; from < help.size();) {
      auto const end = help.find('\n', from);
      CHECK(std::min(end, help.size()) - from <= 80);
      from = end == std::string::npos ? help.size() : end + 1;
    }
  }
}

TEST_CASE("a scenario that cannot be read is 66") {
  for (std::string const path : {"/nonexistent/scenario.json", "/tmp"}) {
    auto const ended = run_conecta({"bench", path});
    CHECK(ended.code == 66);
    CHECK(lines_in(ended.err) == 1);
    CHECK(ended.err.find(path) != std::string::npos);
  }
}

TEST_CASE("a scenario with a mistake is 65 and one clear message, at once") {
  auto const mistaken = [](char const* pointer, json value) {
    auto scenario = echo_scenario();
    scenario[json::json_pointer{pointer}] = std::move(value);
    return scenario.dump();
  };
  std::string deep;
  for (int level = 0; level < 10'000; ++level) {
    deep += "[";
  }
  std::vector<std::string> const wrong{
      "",
      "not JSON",
      std::string{"\x00\xff\x7f\x45LF\x00", 7},
      deep,
      mistaken("/stages/0/duration", -1),
      mistaken("/stages/0/duration", "-1s"),
      mistaken("/stages/0/duration", 5),
      R"({"version": 1e999})",
      R"({"version": NaN})",
      mistaken("/pool/max_size", 0),
      mistaken("/pool/min_idle", 9),
      mistaken("/endpoints/0", {{"id", "a"}, {"url", "gopher://localhost:1"}}),
      mistaken("/workload/requests/0", {{"send", "x\n"}}),
      mistaken("/workload/model", "open"),
      R"({"version": 1, "version": 1})"};
  auto const began = std::chrono::steady_clock::now();
  for (auto const& text : wrong) {
    auto const ended = run_conecta({"bench", "-"}, text);
    INFO(text.substr(0, 400) << "\n" << ended.err);
    CHECK(ended.code == 65);
    CHECK_FALSE(ended.err.empty());
    CHECK(ended.out.empty());
  }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{1} * wrong.size());
}

TEST_CASE("check reads a scenario, prints what it means, and opens nothing") {
  auto const server = target::start({});
  auto const scenario = ping_scenario(tcp_url(server->address())).dump();
  auto const checked = run_conecta({"check", "-"}, scenario);
  REQUIRE(checked.code == 0);
  auto const resolved = json::parse(checked.out);
  CHECK(resolved.at("pool").at("max_size") == 8);
  CHECK(resolved.at("pool").contains("idle_timeout"));
  CHECK(run_conecta({"bench", "-", "--check"}, scenario).out == checked.out);
  CHECK(run_conecta({"check", "-", "--set", "pool.max_size=0"}, scenario).code == 64);
  // What it prints is itself a scenario.
  CHECK(run_conecta({"check", "-"}, checked.out).out == checked.out);
  server->stop();
  CHECK(server->counts().accepted == 0);
}

TEST_CASE("a broken threshold is 1, a kept one 0") {
  auto scenario = echo_scenario();
  scenario["thresholds"] = {{{"metric", "requests.rate_per_s"}, {"min", 1}}};
  auto const kept = run_bench(scenario);
  CHECK(kept.process.code == 0);
  CHECK(kept.found.at("verdict") == "pass");
  scenario["thresholds"] = {{{"metric", "requests.rate_per_s"}, {"min", 1e9}}};
  auto const broken = run_bench(scenario);
  CHECK(broken.process.code == 1);
  CHECK(broken.found.at("verdict") == "fail");
  CHECK(broken.found.at("thresholds")[0].at("ok") == false);
}

TEST_CASE("a closed port is 69, and the summary says so") {
  auto const scenario = ping_scenario(closed_tcp_url()).dump();
  auto const ended = run_conecta({"bench", "-"}, scenario);
  CAPTURE(ended.out, ended.err);
  CHECK(ended.code == 69);
  CHECK(ended.out.find("refused") != std::string::npos);
  CHECK(ended.out.find("FAIL       nothing could be reached") != std::string::npos);
  CHECK(ended.err.find("nothing could be reached") != std::string::npos);
  auto const result = run_bench(ping_scenario(closed_tcp_url()));
  CHECK(result.found.at("verdict") == "fail");
  CHECK(result.errors("open", "refused") > 0);
  require_sums(result.found);
}

TEST_CASE("a port without a UDP server is 69") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "udp"}, {"url", "udp" + closed_tcp_url().substr(3)}};
  scenario["workload"]["requests"][0] = {{"send", "x"}};
  auto const result = run_bench(scenario);
  CHECK(result.process.code == 69);
  require_sums(result.found);
}

TEST_CASE("a server that is away is 69 behind a relay, too, and the relay says why") {
  auto const closed = closed_tcp_url();
  auto const kind = GENERATE("tcp", "udp");
  auto scenario = ping_scenario(kind + closed.substr(3));
  if (kind == std::string{"udp"}) {
    scenario["workload"]["requests"][0] = {{"send", "x"}};
  }
  scenario["faults"] = json::array({{{"id", "slow"},
                                     {"endpoint", "server"},
                                     {"type", "latency"},
                                     {"delay", "1ms"},
                                     {"at", "steady+400ms"},
                                     {"for", "50ms"}}});
  auto const result = run_bench(scenario);
  CHECK(result.process.code == 69);
  CHECK(result.found.at("verdict") == "fail");
  auto const warnings = result.found.at("self").at("warnings").dump();
  CAPTURE(warnings);
  CHECK(warnings.find("the relay of server could not reach the server for ") != std::string::npos);
  CHECK(warnings.find("Connection refused") != std::string::npos);
  require_sums(result.found);
}

TEST_CASE("datagrams that nobody shall answer reach their server") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "udp"}, {"target", {{"kind", "udp-echo"}}}};
  scenario["workload"]["requests"][0] = {{"send", "x"}, {"reply", {{"none", true}}}};
  auto const ended = run_conecta({"bench", "-"}, scenario.dump());
  CAPTURE(ended.out);
  CHECK(ended.code == 0);
  CHECK(ended.out.find("not one reply") == std::string::npos);
}

TEST_CASE("a host that no name server knows is 69, with faults and without") {
  auto scenario = ping_scenario("tcp://no-such-host.invalid:6379");
  auto const result = run_bench(scenario);
  CHECK(result.process.code == 69);
  CHECK(result.errors("open", "name") > 0);
  scenario["faults"] = {{{"id", "f"},
                         {"endpoint", "server"},
                         {"type", "refuse"},
                         {"at", "steady+0s"},
                         {"for", "100ms"}}};
  auto const relayed = run_conecta({"bench", "-"}, scenario.dump());
  CHECK(relayed.code == 69);
  CHECK(relayed.err.find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("output that cannot be written is 73") {
  auto const text = echo_scenario().dump();
  support::process::surroundings full;
  full.input = text;
  full.output_to = "/dev/full";
  CHECK(support::run_process(cli_test::conecta({"bench", "-"}), full).code == 73);
  CHECK(support::run_process(cli_test::conecta({"bench", "-", "--json", "-"}), full).code == 73);
  CHECK(support::run_process(cli_test::conecta({"check", "-"}), full).code == 73);
  CHECK(run_conecta({"bench", "-", "--json", "/dev/full"}, text).code == 73);
  CHECK(run_conecta({"bench", "-", "--json", "/nonexistent/result.json"}, text).code == 73);
}

TEST_CASE("an output that is named by an empty text is 64") {
  for (char const* const option : {"--json", "--junit", "--trace"}) {
    CAPTURE(option);
    CHECK(run_conecta({"bench", "-", option, ""}, echo_scenario().dump()).code == 64);
  }
}

TEST_CASE("check says its own name where it cannot write") {
  support::process::surroundings full;
  full.input = echo_scenario().dump();
  full.output_to = "/dev/full";
  auto const ended = support::run_process(cli_test::conecta({"check", "-"}), full);
  CHECK(ended.err.find("conecta check: cannot write standard output") == 0);
}

TEST_CASE("outputs that would write over each other or the scenario are 64") {
  char directory[] = "/tmp/conecta-outputs-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  std::string const at = directory;
  auto const scenario = at + "/scenario.json";
  auto const text = echo_scenario().dump();
  std::ofstream{scenario} << text;
  REQUIRE(::symlink("scenario.json", (at + "/link").c_str()) == 0);
  auto const refuses = [&](std::vector<std::string> arguments, std::string const& words) {
    arguments.insert(arguments.begin(), {"bench", scenario});
    auto const ended = run_conecta(arguments);
    CAPTURE(words, ended.err);
    CHECK(ended.code == 64);
    CHECK(ended.err.find(words) != std::string::npos);
  };
  auto const other_name = at + "/../" + at.substr(5) + "/r";
  refuses({"--json", at + "/r", "--junit", at + "/r"}, "--json and --junit are the same");
  refuses({"--json", at + "/r", "--junit", other_name}, "--json and --junit are the same");
  refuses({"--json", at + "/r", "--trace", at + "/r"}, "--json and --trace are the same");
  refuses({"--junit", scenario}, "the scenario and --junit are the same");
  refuses({"--json", at + "/link"}, "the scenario and --json are the same");
  refuses({"--json", "-", "--junit", "-"}, "--json and --junit are the same");
  CHECK(std::filesystem::file_size(scenario) == text.size());
  CHECK_FALSE(std::filesystem::exists(at + "/r"));
  std::filesystem::remove_all(at);
}

TEST_CASE("a device takes as many outputs as it is given") {
  auto const text = echo_scenario().dump();
  CHECK(run_conecta({"bench", "-", "--json", "/dev/null", "--junit", "/dev/null"}, text).code == 0);
}

TEST_CASE("a seed is a whole number as it is printed, for a run and for a proxy") {
  for (std::string const seed : {"", "-1", "0x10", "010", "9007199254740992", "many"}) {
    CAPTURE(seed);
    CHECK(run_conecta({"bench", "-", "--seed", seed}, echo_scenario().dump()).code == 64);
    auto const proxy = run_conecta({"proxy", "--to", "tcp://127.0.0.1:1", "--seed", seed});
    CHECK(proxy.code == 64);
    CHECK(proxy.err.find("not in range 0 to 9007199254740991") != std::string::npos);
  }
  auto const most =
      run_conecta({"check", "-", "--seed", "9007199254740991"}, echo_scenario().dump());
  CHECK(json::parse(most.out).at("seed") == 9007199254740991);
}

TEST_CASE("standard output that is closed is 73, and no socket takes its place") {
  auto const program = cli_test::conecta({}).front();
  for (std::string const command : {"serve tcp-echo", "schema scenario"}) {
    CAPTURE(command);
    auto const ended =
        support::run_process({"/bin/sh", "-c", "exec \"$0\" " + command + " >&-", program});
    CHECK(ended.code == 73);
    CHECK(ended.err.ends_with("cannot write standard output: Bad file descriptor\n"));
  }
}

TEST_CASE(
    "output that cannot be written is told before the load, and a file there stays as it is") {
  auto const server = target::start({});
  auto scenario = ping_scenario(tcp_url(server->address()));
  auto const refused = run_conecta({"bench", "-", "--json", "/"}, scenario.dump());
  CHECK(refused.code == 73);
  CHECK(refused.err.find("conecta bench: cannot write /: ") == 0);
  server->stop();
  CHECK(server->counts().accepted == 0);
}

TEST_CASE("too few descriptors is 78, with how many are needed") {
  auto scenario = echo_scenario();
  scenario["pool"]["max_size"] = 1000;
  auto const command = cli_test::conecta({"bench", "-"});
  support::process::surroundings around;
  around.input = scenario.dump();
  auto const ended = support::run_process(
      {"/bin/sh", "-c", "ulimit -n 200; exec \"$0\" bench -", command.front()}, around);
  CAPTURE(ended.err);
  CHECK(ended.code == 78);
  CHECK(ended.err.find("2064 file descriptors") != std::string::npos);
}

TEST_CASE("the quickstart passes") {
  auto const ended = run_conecta({"bench", CONECTA_SOURCE_DIR "/scenarios/quickstart.json",
                                  "--duration", "6s", "--json", "-"});
  CAPTURE(ended.err);
  CHECK(ended.code == 0);
  auto const result = result_of(ended);
  CAPTURE(result.found.at("thresholds").dump());
  CHECK(result.found.at("verdict") == "pass");
  CHECK(result.found.at("faults").size() == 3);
  for (auto const& fault : result.found.at("faults")) {
    CAPTURE(fault.dump());
    CHECK((fault.at("injected") > 0 || fault.at("type") == "loss")); // which is left to chance
  }
  require_sums(result.found);
}

TEST_CASE("quiet says nothing, and a summary has no colours where no terminal is") {
  auto const text = echo_scenario().dump();
  auto const quiet = run_conecta({"bench", "-", "--quiet"}, text);
  CHECK(quiet.code == 0);
  CHECK(quiet.out + quiet.err == "");
  auto const plain = run_conecta({"bench", "-"}, text);
  CHECK(plain.out.find('\x1b') == std::string::npos);
  CHECK(plain.err.empty());
}
