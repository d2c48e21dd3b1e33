// What `conecta bench` counts is what the other side counts, to the unit, and it leaves nothing
// open behind.

#include "cli/bench_run.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::cli_test;

TEST_CASE("an embedded server's own counts equal the counts at the client's sockets") {
  auto const server = target::start({});
  auto scenario = ping_scenario(tcp_url(server->address()));
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}\n"}, {"reply", {{"echo", true}}}};

  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  server->stop();

  auto const& wire = run.found.at("wire");
  CHECK(server->counts().accepted == wire.at("connections_established"));
  CHECK(server->counts().accepted == run.found.at("pool").at("opened"));
  CHECK(server->counts().requests == wire.at("requests_sent"));
  CHECK(server->counts().replies == wire.at("replies_received"));
  CHECK(wire.at("requests_sent") == run.found.at("requests").at("attempted"));
  CHECK(run.found.at("requests").at("failed") == 0);
  CHECK(run.found.at("complete") == true);
  CHECK(run.found.at("verdict") == "pass");
  require_sums(run.found);
}

TEST_CASE("connections that the server closes are counted by both sides alike") {
  target::target_options impatient;
  impatient.close_after = 10;
  auto const server = target::start(impatient);
  auto scenario = ping_scenario(tcp_url(server->address()));
  scenario["workload"]["requests"][0] = {{"send", "{{seq}}\n"}, {"reply", {{"echo", true}}}};

  auto const run = run_bench(scenario);
  REQUIRE(run.process.code == 0);
  server->stop();

  CHECK(server->counts().accepted == run.found.at("wire").at("connections_established"));
  CHECK(server->counts().accepted == run.found.at("pool").at("opened"));
  CHECK(server->counts().accepted > 8);
  require_sums(run.found);
}

TEST_CASE("a connection that died while it was idle is replaced before it is lent") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "echo"},
                              {"target", {{"kind", "tcp-echo"}, {"idle_disconnect", "20ms"}}}};
  scenario["workload"]["workers"] = 1;
  scenario["workload"]["think"] = "120ms";
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};

  auto const run = run_bench(scenario);
  CHECK(run.found.at("requests").at("failed") == 0);
  CHECK(run.found.at("pool").at("evicted_by").at("stale") > 0);
  CHECK(run.found.at("pool").at("rejected") == 0);
  require_sums(run.found);
}

TEST_CASE("a wait that ends without a lease is a wait") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "echo"},
                              {"target", {{"kind", "tcp-echo"}, {"reply_delay", "100ms"}}}};
  scenario["pool"] = {{"max_size", 1}, {"acquire_timeout", "50ms"}};
  scenario["workload"]["workers"] = 4;
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};

  auto const run = run_bench(scenario);
  CHECK(run.errors("acquire", "timeout") > 0);
  auto const& wait = run.found.at("latency").at("wait");
  CHECK(wait.at("count") == run.found.at("requests").at("attempted"));
  CHECK(wait.at("p50_ns") > 40'000'000);
}

TEST_CASE("of datagrams no more are answered than were sent") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "udp"}, {"target", {{"kind", "udp-echo"}}}};
  scenario["workload"]["requests"][0] = {{"send", "{{nonce}}"}};

  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& wire = run.found.at("wire");
  CHECK(wire.at("requests_sent") >= wire.at("replies_received"));
  CHECK(wire.at("replies_received") > 0);
  require_sums(run.found);
}

TEST_CASE("what is idle is closed within the idle timeout and two scans, but for min_idle") {
  auto scenario = ping_scenario("");
  scenario["endpoints"][0] = {{"id", "echo"}, {"target", {{"kind", "tcp-echo"}}}};
  scenario["workload"]["requests"][0] = {{"send", "x\n"}, {"reply", {{"echo", true}}}};
  scenario["pool"] = {
      {"max_size", 8}, {"min_idle", 2}, {"idle_timeout", "1s"}, {"scan_interval", "200ms"}};
  scenario["stages"] = {{{"name", "busy"}, {"duration", "300ms"}},
                        {{"name", "idle"}, {"duration", "1450ms"}, {"workers", 0}},
                        {{"name", "after"}, {"duration", "300ms"}, {"workers", 0}}};

  auto const run = run_bench(scenario);
  INFO(run.process.err);
  REQUIRE(run.process.code == 0);
  auto const& stages = run.found.at("stages");
  auto const idle_closed = [&](std::size_t stage) {
    return stages[stage].at("pool").at("closed_by").at("idle").get<std::uint64_t>();
  };
  CHECK(idle_closed(0) == 0);
  CHECK(idle_closed(1) == 6);
  CHECK(idle_closed(2) == 0);
  CHECK(run.found.at("pool").at("evicted_by").at("idle") == 6);
  CHECK(run.found.at("pool").at("closed_by").at("shutdown") == 2);
}
