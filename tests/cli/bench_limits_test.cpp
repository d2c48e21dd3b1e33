// Descriptors and ports run out: of the client alone, by name, and for no longer than asked.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <vector>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;
using support::eventually;

namespace {

json echo_target() { return {{"kind", "tcp-echo"}}; }

/// Two workers, then eight, who hold on to their connections and need six more: while they cannot
/// have them, most of those who ask wait in vain.
json crowded_scenario(json fault) {
  auto scenario = ping_scenario("tcp://127.0.0.1:1");
  scenario["endpoints"] = {{{"id", "server"}, {"target", echo_target()}}};
  scenario["pool"]["acquire_timeout"] = "40ms";
  scenario["pool"]["backoff"] = {{"initial", "5ms"}, {"limit", "10ms"}};
  scenario["workload"]["hold"] = "80ms";
  scenario["workload"]["request_timeout"] = "2s";
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}\n"}, {"reply", {{"echo", true}}}};
  scenario["stages"] = {{{"name", "calm"}, {"duration", "200ms"}, {"workers", 2}},
                        {{"name", "crowded"}, {"duration", "500ms"}},
                        {{"name", "after"}, {"duration", "1s"}}};
  fault.update({{"id", "short"}, {"endpoint", "server"}, {"at", "calm+150ms"}, {"for", "550ms"}});
  scenario["faults"] = json::array({fault});
  return scenario;
}

/// As /proc has it: the processes that this one started.
std::vector<pid_t> children_of(pid_t process) {
  auto const number = std::to_string(process);
  std::ifstream stream{"/proc/" + number + "/task/" + number + "/children"};
  std::vector<pid_t> found;
  for (pid_t each = 0; stream >> each;) {
    found.push_back(each);
  }
  return found;
}

} // namespace

TEST_CASE("descriptors run out for the pool alone, are told by name, and come back") {
  auto scenario = crowded_scenario({{"type", "fd_limit"}, {"n", 1}});
  // The relay and the server have a process of their own, which has as many as before.
  scenario["faults"].push_back({{"id", "late"},
                                {"endpoint", "server"},
                                {"type", "latency"},
                                {"delay", "1ms"},
                                {"at", "crowded+0s"},
                                {"for", "1s"}});
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& fault = run.found.at("faults")[0];
  CAPTURE(fault.dump());
  CHECK(fault.at("injected") == 1);
  CHECK(run.errors("open", "fd_limit") > 0);
  CHECK(fault.at("pool").at("opened") == 1);
  CHECK(run.found.at("stages")[1].at("requests").at("succeeded") > 0);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  CHECK(run.found.at("pool").at("peak").at("live") == 8);
  CHECK(run.found.at("faults")[1].at("injected") > 0);
  CHECK(run.found.at("self").at("warnings").dump().find("ulimit") == std::string::npos);
  require_sums(run.found);
}

TEST_CASE("ports run out, are told by name, and come back") {
  auto const run = run_bench(crowded_scenario({{"type", "port_range"}, {"n", 2}}));
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& fault = run.found.at("faults")[0];
  CAPTURE(fault.dump());
  CHECK(fault.at("injected") == 1);
  CHECK(run.errors("open", "no_port") > 0);
  CHECK(fault.at("pool").at("opened") == 2);
  CHECK(run.found.at("stages")[1].at("requests").at("succeeded") > 0);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  CHECK(run.found.at("pool").at("peak").at("live") == 8);
  require_sums(run.found);
}

TEST_CASE("ports run out over UDP, too") {
  auto scenario = crowded_scenario({{"type", "port_range"}, {"n", 0}});
  scenario["endpoints"][0]["target"]["kind"] = "udp-echo";
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}"}};
  scenario["faults"].push_back({{"id", "twice"},
                                {"endpoint", "server"},
                                {"type", "duplicate"},
                                {"at", "calm+0s"},
                                {"for", "1s"}});
  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  CHECK(run.errors("open", "no_port") > 0);
  CHECK(run.found.at("faults")[0].at("pool").at("opened") == 0);
  CHECK(run.found.at("faults")[1].at("injected") > 0);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  require_sums(run.found);
}

TEST_CASE("the summary says what ran out") {
  auto const [type, kind] =
      GENERATE(std::pair{"fd_limit", "open fd_limit"}, std::pair{"port_range", "open no_port"});
  auto const ended =
      run_conecta({"bench", "-"}, crowded_scenario({{"type", type}, {"n", 0}}).dump());
  CAPTURE(ended.out, ended.err);
  CHECK(ended.code == 0);
  auto const faults = ended.out.find("\nfaults\n");
  REQUIRE(faults != std::string::npos);
  CHECK(ended.out.find(kind, faults) != std::string::npos);
  CHECK(ended.out.find("ulimit") == std::string::npos);
}

TEST_CASE("the process of the servers ends with the run, however that ends") {
  auto const signal = GENERATE(SIGINT, SIGKILL);
  auto scenario = crowded_scenario({{"type", "fd_limit"}, {"n", 1}});
  scenario["stages"] = {{{"name", "calm"}, {"duration", "1h"}}};
  support::process::surroundings around;
  around.input = scenario.dump();
  support::process running{cli_test::conecta({"bench", "-", "--json", "-"}), std::move(around)};
  std::vector<pid_t> children;
  REQUIRE(eventually([&] {
    children = children_of(running.id());
    return children.size() == 1;
  }));
  // It serves: who asks it is answered, and a terminal's interrupt goes past it.
  ::kill(children[0], SIGINT);
  running.signal(signal);
  auto const ended = running.wait(10s);
  CHECK(ended.code == 128 + signal);
  CHECK(eventually([&] { return ::kill(children[0], 0) != 0; }));
}

TEST_CASE("what cannot start in the process of the servers is told as ever") {
  auto scenario = crowded_scenario({{"type", "port_range"}, {"n", 1}});
  scenario["endpoints"][0] = {{"id", "server"}, {"url", "tcp://no.such.host.invalid:1"}};
  scenario["faults"].push_back(
      {{"id", "cut"}, {"endpoint", "server"}, {"type", "reset"}, {"at", "calm+0s"}, {"for", "1s"}});
  auto const run = run_bench(scenario);
  CHECK(run.process.code == 69);
  CHECK(run.process.err.find("conecta bench: cannot resolve no.such.host.invalid: ") == 0);
}

TEST_CASE("a limit is set in a window without descriptors, and no port looked for") {
  auto scenario = crowded_scenario({{"type", "fd_limit"}, {"n", 0}});
  auto const inner = [](char const* type) {
    return json{{"id", type}, {"endpoint", "server"},  {"type", type},
                {"n", 3},     {"at", "crowded+100ms"}, {"for", "100ms"}};
  };
  scenario["faults"].push_back(inner("fd_limit"));
  scenario["faults"].push_back(inner("port_range"));
  scenario["thresholds"] = {
      {{"metric", "injected"}, {"fault", "fd_limit"}, {"equals", 1}},
      {{"metric", "injected"}, {"fault", "port_range"}, {"equals", 0}},
      {{"metric", "recovered_after"}, {"fault", "port_range"}, {"max", "1h"}}};
  auto const run = run_bench(scenario);
  auto const thresholds = run.found.at("thresholds");
  CAPTURE(run.process.err, thresholds.dump());
  CHECK(run.process.code == 1);
  CHECK(thresholds.at(0).at("ok") == true);
  CHECK(thresholds.at(1).at("ok") == true);
  CHECK(thresholds.at(2).at("ok") == false); // what was not done is not recovered from
  CHECK(run.found.at("faults")[2].at("recovered_after_ns").is_null());
  CHECK(run.found.at("faults")[2].at("reason").get<std::string>().ends_with("Too many open files"));
}
