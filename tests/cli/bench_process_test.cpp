// Faults that stop and kill a server's process: only when they are allowed to, only the process
// that is meant, and none that was stopped stays so.

#include "cli/bench_run.hpp"
#include "cli/redis_server.hpp"
#include "support/plain_socket.hpp"
#include "support/temporary_file.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;
using support::eventually;
using support::temporary_file;

namespace {

/// As /proc has it: 'T' is stopped, 'Z' has ended.
char state_of(pid_t process) {
  std::ifstream stream{"/proc/" + std::to_string(process) + "/stat"};
  std::string text;
  std::getline(stream, text);
  auto const name_ends = text.rfind(')');
  return name_ends == std::string::npos ? '?' : text.at(name_ends + 2);
}

bool runs(pid_t process) { return std::string{"RSD"}.find(state_of(process)) != std::string::npos; }

json fault_on_server(std::string const& type, std::string const& file, std::string const& at,
                     std::string const& length) {
  return {{{"id", "hit"},
           {"endpoint", "server"},
           {"type", type},
           {"pid_file", file},
           {"at", at},
           {"for", length}}};
}

std::vector<std::string> sleeping() { return {"sleep", "3600"}; }

/// A long run against a server that answers, with a fault on a process that has nothing to do with
/// it: what becomes of that process is all that counts.
json long_pause(wire::address const& server, std::string const& file) {
  auto scenario = ping_scenario(tcp_url(server), "1h");
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};
  scenario["faults"] = fault_on_server("pause", file, "steady+50ms", "30m");
  return scenario;
}

} // namespace

TEST_CASE("a server that is stopped answers nobody, and goes on when its window ends") {
  redis_server redis;
  temporary_file const file{std::to_string(redis.process().id()) + "\nport 6379\n"};
  auto scenario = ping_scenario(tcp_url(redis.address()));
  scenario["pool"]["backoff"] = {{"initial", "10ms"}, {"limit", "50ms"}};
  scenario["stages"] = {{{"name", "before"}, {"duration", "300ms"}},
                        {{"name", "during"}, {"duration", "600ms"}},
                        {{"name", "after"}, {"duration", "500ms"}}};
  scenario["faults"] = fault_on_server("pause", file.path(), "during+0s", "600ms");
  auto running = start_bench(scenario, {"--allow-signals"});
  REQUIRE(eventually([&] { return state_of(redis.process().id()) == 'T'; }));
  auto const run = result_of(running.wait(60s));
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& fault = run.found.at("faults")[0];
  CHECK(fault.at("injected") == 1);
  CHECK(run.errors("receive", "timeout") > 0);
  CHECK(fault.at("requests").at("failed") > 0);
  CHECK(run.found.at("stages")[2].at("requests").at("succeeded") > 0);
  CHECK(runs(redis.process().id()));
  require_sums(run.found);
}

TEST_CASE("a server that is killed is gone from the beginning of the window on") {
  redis_server redis;
  temporary_file const file{std::to_string(redis.process().id())};
  auto scenario = ping_scenario(tcp_url(redis.address()));
  scenario["pool"]["backoff"] = {{"initial", "10ms"}, {"limit", "50ms"}};
  scenario["faults"] = fault_on_server("kill", file.path(), "steady+200ms", "30m");
  auto const run = run_bench(scenario, {"--allow-signals"});
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  CHECK(redis.process().wait().code == 128 + SIGKILL);
  CHECK(run.found.at("faults")[0].at("injected") == 1);
  CHECK(run.found.at("requests").at("succeeded") > 0);
  CHECK(run.errors("open", "refused") > 0);
  require_sums(run.found);
}

TEST_CASE("no signal is sent that was not allowed, and nothing is begun") {
  auto const type = GENERATE("pause", "kill");
  support::process const bystander{sleeping()};
  temporary_file const file{std::to_string(bystander.id())};
  auto const server = target::start({});
  auto scenario = ping_scenario(tcp_url(server->address()));
  scenario["faults"] = fault_on_server(type, file.path(), "steady+0s", "100ms");
  auto const run = run_bench(scenario);
  CHECK(run.process.code == 64);
  auto const complaint = std::string{"conecta bench: the fault hit sends signals to a process: "};
  CHECK(run.process.err == complaint + type + "; --allow-signals allows it\n");
  CHECK(run.process.out.empty());
  CHECK(runs(bystander.id()));
  server->stop();
  CHECK(server->counts().accepted == 0);
}

TEST_CASE("a pid file that names nobody to be signalled is refused before anything begins") {
  auto const server = target::start({});
  auto scenario = ping_scenario(tcp_url(server->address()));
  auto const with = [&](std::string const& file) {
    scenario["faults"] = fault_on_server("kill", file, "steady+0s", "100ms");
    auto const ended = run_bench(scenario, {"--allow-signals"}).process;
    CHECK(ended.out.empty());
    return std::pair{ended.code, ended.err};
  };
  auto const refusal = [](std::string const& file, std::string const& why) {
    return "conecta bench: pid file " + file + ": " + why + "\n";
  };
  CHECK(with("/nowhere/server.pid") ==
        std::pair{66, refusal("/nowhere/server.pid", "No such file or directory")});
  CHECK(with("/tmp") == std::pair{66, refusal("/tmp", "Is a directory")});
  for (std::string const garbage :
       {"", "redis", "12x", "-1", "0", "4194305", "99999999999999999999", "\n17", "17 18"}) {
    temporary_file const file{garbage};
    auto const shown = garbage == "\n17" ? "" : garbage;
    CHECK(with(file.path()) ==
          std::pair{65, refusal(file.path(), "found \"" + shown +
                                                 "\"; allowed: a process number from 2 to "
                                                 "4194304")});
  }
  {
    temporary_file const file{"1\n"};
    CHECK(with(file.path()) ==
          std::pair{65, refusal(file.path(), "found 1, which all others depend on")});
  }
  std::string gone;
  {
    support::process ended{{"true"}};
    gone = std::to_string(ended.id());
    CHECK(ended.wait().code == 0);
  }
  temporary_file const file{gone};
  CHECK(with(file.path()) ==
        std::pair{65, refusal(file.path(), "found " + gone + ", and there is no such process")});
  server->stop();
  CHECK(server->counts().accepted == 0);
}

TEST_CASE("a pid file that names conecta itself is refused") {
  temporary_file const file{""};
  auto const server = target::start({});
  auto scenario = ping_scenario(tcp_url(server->address()));
  scenario["faults"] = fault_on_server("kill", file.path(), "steady+0s", "100ms");
  support::process::surroundings around;
  around.input = scenario.dump();
  // The shell becomes conecta, and keeps its number.
  auto const ended =
      support::run_process({"sh", "-c", "echo $$ > \"$1\"; exec \"$2\" bench - --allow-signals",
                            "sh", file.path(), CONECTA_BINARY},
                           std::move(around));
  CHECK(ended.code == 65);
  CHECK(ended.err.find(", which is conecta itself\n") != std::string::npos);
}

TEST_CASE("a pid file that went bad while the run goes on is a warning, and no injection") {
  redis_server redis;
  temporary_file const file{std::to_string(redis.process().id())};
  auto scenario = ping_scenario(tcp_url(redis.address()), "1600ms");
  auto first = fault_on_server("kill", file.path(), "steady+50ms", "30m")[0];
  // Late enough for the first one to be dead, on a machine that is busy elsewhere, too.
  auto second = fault_on_server("pause", file.path(), "steady+1500ms", "30m")[0];
  second["id"] = "too late";
  scenario["faults"] = {first, second};
  auto const run = run_bench(scenario, {"--allow-signals"});
  INFO(run.process.err);
  REQUIRE(run.found.is_object());
  CHECK(run.found.at("faults")[0].at("injected") == 1);
  CHECK(run.found.at("faults")[1].at("injected") == 0);
  auto const warning = run.found.at("self").at("warnings").at(0).get<std::string>();
  CHECK(warning.find("the fault too late could not be done: pid file " + file.path()) !=
        std::string::npos);
}

TEST_CASE("no process stays stopped, however the run ends") {
  auto const signals = GENERATE(std::vector<int>{SIGINT}, std::vector<int>{SIGTERM},
                                std::vector<int>{SIGINT, SIGINT}, std::vector<int>{SIGKILL});
  support::process const stopped{sleeping()};
  temporary_file const file{std::to_string(stopped.id())};
  auto const server = target::start({});
  auto running = start_bench(long_pause(server->address(), file.path()), {"--allow-signals"});
  REQUIRE(eventually([&] { return state_of(stopped.id()) == 'T'; }));
  for (int const signal : signals) {
    running.signal(signal);
  }
  CHECK(running.wait(10s).code >= 128);
  CHECK(eventually([&] { return runs(stopped.id()); }));
}

TEST_CASE("a process is stopped until the last of several windows ends") {
  support::process const stopped{sleeping()};
  temporary_file const file{std::to_string(stopped.id())};
  auto const server = target::start({});
  auto scenario = long_pause(server->address(), file.path());
  scenario["faults"].push_back(
      fault_on_server("pause", file.path(), "steady+100ms", "100ms")[0]); // inside of the other
  scenario["faults"][1]["id"] = "shorter";
  scenario["faults"].push_back(scenario["faults"][1]);
  scenario["faults"][2]["id"] = "after";
  scenario["faults"][2]["type"] = "kill";
  scenario["faults"][2]["at"] = "steady+300ms";
  scenario["faults"][2]["for"] = "30m";
  // Another process, whose end tells that the shorter window is over.
  support::process marker{sleeping()};
  temporary_file const marked{std::to_string(marker.id())};
  scenario["faults"][2]["pid_file"] = marked.path();
  auto running = start_bench(scenario, {"--allow-signals"});
  CHECK(marker.wait(10s).code == 128 + SIGKILL);
  CHECK(state_of(stopped.id()) == 'T');
  running.signal(SIGINT);
  CHECK(running.wait(10s).code == 130);
  CHECK(eventually([&] { return runs(stopped.id()); }));
}
