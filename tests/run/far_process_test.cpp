// Servers and relays in a process of their own do as they would here.

#include "run/descriptors.hpp"
#include "run/far_process.hpp"
#include "run/short_run.hpp"
#include "scenario/load.hpp"
#include "support/plain_socket.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace conecta;
using namespace conecta::run_test;
using namespace std::chrono_literals;
using support::plain_socket;

namespace {

scenario::scenario scenario_of(json const& text) {
  auto const nothing = [](std::string const&) { return std::optional<std::string>{}; };
  auto loaded = scenario::load_text(text.dump(), "test", {}, nothing);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    FAIL(found->messages.front());
  }
  return std::get<scenario::scenario>(std::move(loaded));
}

json lasting(std::string const& id, std::string const& type) {
  return {{"id", id}, {"endpoint", "a"}, {"type", type}, {"at", "steady+0s"}, {"for", "1h"}};
}

std::uint64_t forwarded(run::far_side& side, plain_socket const& client) {
  CHECK(client.ask("ping\n") == "ping\n");
  side.stop();
  return side.injected("slow");
}

} // namespace

TEST_CASE("a relay in the far process serves, and tells what it did when it is stopped") {
  auto text = echo_scenario("1h");
  text["faults"] = {lasting("slow", "latency"), lasting("cut", "truncate")};
  text["faults"][0]["delay"] = "1ms";
  text["faults"][1]["bytes"] = 100; // more than there ever are
  auto const what = scenario_of(text);
  run::far_process far{what};
  auto const side = far.side_of(0);
  REQUIRE(side->server());
  REQUIRE(side->relay());
  CHECK(plain_socket::connect_tcp(*side->server()).ask("straight\n") == "straight\n");
  side->begin(std::chrono::steady_clock::now());
  CHECK(forwarded(*side, plain_socket::connect_tcp(*side->relay())) == 1);
  CHECK(side->injected("cut") == 0);
  CHECK(side->injected("unknown") == 0);
  CHECK(side->relayed().turned_away == 0);
  CHECK(plain_socket::connect_tcp(*side->relay()).error() == ECONNREFUSED);
}

TEST_CASE("an endpoint that nothing here stands before has no side in the far process") {
  auto text = echo_scenario();
  text["endpoints"].push_back({{"id", "b"}, {"url", "tcp://127.0.0.1:1"}});
  auto const what = scenario_of(text);
  run::far_process far{what};
  CHECK(far.side_of(0) != nullptr);
  CHECK(far.side_of(1) == nullptr);
}

TEST_CASE("limits of this process and very large servers want a process of their own") {
  auto text = echo_scenario();
  CHECK_FALSE(run::needs_far_process(scenario_of(text)));
  text["pool"]["max_size"] = 4000;
  CHECK_FALSE(run::needs_far_process(scenario_of(text)));
  CHECK(run::descriptors_needed(scenario_of(text)) >= 8000);
  text["pool"]["max_size"] = 4001;
  CHECK(run::needs_far_process(scenario_of(text)));
  CHECK(run::descriptors_needed(scenario_of(text)) < 5000); // each process has its own
  text["endpoints"][0] = {{"id", "a"}, {"url", "tcp://127.0.0.1:1"}};
  CHECK_FALSE(run::needs_far_process(scenario_of(text)));
  text["pool"]["max_size"] = 4;
  auto const type = GENERATE("fd_limit", "port_range");
  text["faults"] = json::array({lasting("short", type)});
  text["faults"][0]["n"] = 1;
  CHECK(run::needs_far_process(scenario_of(text)));
}
