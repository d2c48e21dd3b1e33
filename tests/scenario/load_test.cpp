#include "scenario/loading.hpp"
#include "support/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace conecta;
using namespace conecta::scenario;
using conecta::support::temporary_file;
using namespace conecta::scenario::testing;
using namespace std::chrono_literals;
using scenario_model = conecta::scenario::scenario;

namespace {

// The example of the contract, as far as it is supported.
constexpr auto flaky_cache = R"(
{ "version": 1, "name": "a flaky cache", "seed": 7,
  "endpoints": [ { "id": "cache", "url": "tcp://127.0.0.1:6379", "weight": 3, "check": { "send": "PING\r\n", "reply": { "until": "\r\n" }, "expect": { "prefix": "+PONG" } } },
                 { "id": "echo", "target": { "kind": "udp-echo", "reply_delay": "200us" } } ],
  "pool": { "max_size": 16, "min_idle": 2, "idle_timeout": "30s", "scan_interval": "1s", "acquire_timeout": "500ms" },
  "workload": { "model": "closed", "workers": 32, "request_timeout": "1s",
    "requests": [ { "name": "ping", "endpoints": ["cache"], "send": "PING\r\n", "reply": { "until": "\r\n" }, "expect": { "prefix": "+PONG" } },
                  { "name": "echo", "endpoints": ["echo"], "send": "{{nonce}}", "reply": { "echo": true } } ] },
  "stages": [ { "name": "warmup", "duration": "2s", "record": false }, { "name": "steady", "duration": "10s" }, { "name": "rest", "duration": "5s", "workers": 0 } ],
  "faults": [ { "id": "slow", "endpoint": "cache", "type": "latency", "delay": "50ms", "jitter": "10ms", "at": "steady+3s", "for": "2s" } ],
  "thresholds": [ { "metric": "wait.p99", "stage": "steady", "max": "5ms" }, { "metric": "requests.error_ratio", "max": 0.001 } ],
  "invariants": false }
)";

scenario_model accepted(std::string const& text, overrides const& changes = {},
                        environment const& lookup = no_environment()) {
  load_result const result = loaded(text, changes, lookup);
  INFO(messages_of(result).size());
  for (std::string const& message : messages_of(result)) {
    UNSCOPED_INFO(message);
  }
  REQUIRE(std::holds_alternative<scenario_model>(result));
  return std::get<scenario_model>(result);
}

problems refused(load_result const& result) {
  REQUIRE(std::holds_alternative<problems>(result));
  return std::get<problems>(result);
}

} // namespace

TEST_CASE("the example of the contract is read to the last key") {
  scenario_model const made = accepted(flaky_cache);
  CHECK(made.name == "a flaky cache");
  CHECK(made.seed == 7);

  REQUIRE(made.endpoints.size() == 2);
  endpoint_spec const& cache = made.endpoints[0];
  CHECK(cache.id == "cache");
  CHECK(cache.kind == net::transport::tcp);
  REQUIRE(cache.url);
  CHECK(cache.url->to_string() == "tcp://127.0.0.1:6379");
  CHECK_FALSE(cache.target);
  CHECK(cache.weight == 3);
  REQUIRE(cache.check);
  CHECK(cache.check->send == "PING\r\n");
  CHECK(cache.check->reply == net::reply_framing{net::until_delimiter{"\r\n"}});
  CHECK(cache.check->expect.prefix == "+PONG");
  endpoint_spec const& echo = made.endpoints[1];
  CHECK(echo.kind == net::transport::udp);
  REQUIRE(echo.target);
  CHECK(echo.target->kind == target::target_kind::udp_echo);
  CHECK(echo.target->reply_delay == 200us);
  CHECK(echo.weight == 1);

  CHECK(cache.pool.max_size == 16);
  CHECK(cache.pool.min_idle == 2);
  CHECK(cache.pool.idle_timeout == 30s);
  CHECK(cache.pool.scan_interval == 1s);
  CHECK(cache.pool.acquire_timeout == 500ms);
  CHECK(cache.pool.name == "cache");

  CHECK(made.workload.workers == 32);
  CHECK(made.workload.request_timeout == 1s);
  REQUIRE(made.workload.requests.size() == 2);
  CHECK(made.workload.requests[0].endpoints == std::vector<std::size_t>{0});
  CHECK(made.workload.requests[1].endpoints == std::vector<std::size_t>{1});
  CHECK(made.workload.requests[1].expect.same_as_sent);
  CHECK(made.workload.requests[1].datagram_reply() == net::reply_framing{net::one_datagram{}});

  REQUIRE(made.stages.size() == 3);
  CHECK(made.stages[0].record == stage_spec::recording::left_out);
  CHECK(made.stages[1].start == 2s);
  CHECK(made.stages[1].length == 10s);
  CHECK(made.stages[1].workers == 32);
  CHECK(made.stages[2].workers == 0);
  CHECK(made.length() == 17s);

  REQUIRE(made.faults.size() == 1);
  CHECK(made.faults[0].type == fault::fault_type::latency);
  CHECK(made.faults[0].endpoint == 0);
  CHECK(made.faults[0].start == 5s);
  CHECK(made.faults[0].length == 2s);
  CHECK(made.faults[0].delay == 50ms);
  CHECK(made.faults[0].jitter == 10ms);
  CHECK(made.faults[0].probability == 1);

  REQUIRE(made.thresholds.size() == 2);
  CHECK(made.thresholds[0].metric == "wait.p99");
  CHECK(made.thresholds[0].stage == "steady");
  CHECK(made.thresholds[0].limit == 5e6);
  CHECK(made.thresholds[1].limit == 0.001);
}

TEST_CASE("defaults of a scenario are those of a pool") {
  pool_options const made = accepted(parts{.pool = {}}.text()).endpoints[0].pool;
  pool_options wanted;
  wanted.name = "a";
  CHECK(made.max_size == wanted.max_size);
  CHECK(made.min_idle == wanted.min_idle);
  CHECK(made.max_waiters == wanted.max_waiters);
  CHECK(made.acquire_timeout == wanted.acquire_timeout);
  CHECK(made.open_timeout == wanted.open_timeout);
  CHECK(made.check_timeout == wanted.check_timeout);
  CHECK(made.reset_timeout == wanted.reset_timeout);
  CHECK(made.close_timeout == wanted.close_timeout);
  CHECK(made.open_concurrency == wanted.open_concurrency);
  CHECK(made.check_concurrency == wanted.check_concurrency);
  CHECK(made.backoff.initial == wanted.backoff.initial);
  CHECK(made.backoff.limit == wanted.backoff.limit);
  CHECK(made.backoff.jitter == wanted.backoff.jitter);
  CHECK(made.scan_interval == wanted.scan_interval);
  CHECK(made.check_retries == wanted.check_retries);
  CHECK(made.idle_timeout == wanted.idle_timeout);
  CHECK(made.max_lifetime == wanted.max_lifetime);
  CHECK(made.lifetime_jitter == wanted.lifetime_jitter);
  CHECK(made.order == wanted.order);
  CHECK(made.name == wanted.name);
}

TEST_CASE("workers default to the pool's size, of stages to the workload's") {
  scenario_model const made = accepted(parts{}.text());
  CHECK(made.workload.workers == 4);
  CHECK(made.stages[0].workers == 4);
  CHECK(made.workload.requests[0].name == "request-1");
  CHECK(made.workload.requests[0].endpoints == std::vector<std::size_t>{0});
}

TEST_CASE(
    "1024 may wait, or all workers where those are more, unless the scenario says otherwise") {
  CHECK(accepted(parts{}.text()).endpoints[0].pool.max_waiters == 1024);
  parts crowded;
  crowded.stages = R"("stages": [ { "name": "a", "duration": "1s", "workers": 5000 },
      { "name": "b", "duration": "1s" } ])";
  CHECK(accepted(crowded.text()).endpoints[0].pool.max_waiters == 5000);
  crowded.pool = R"("pool": { "max_size": 4, "max_waiters": 7 },)";
  CHECK(accepted(crowded.text()).endpoints[0].pool.max_waiters == 7);
}

TEST_CASE("a pool has what its keys say") {
  parts written;
  written.pool = R"("pool": { "max_size": 4, "initial_size": 1, "max_idle": 3, "max_uses": 9,
      "when_down": "fail_fast", "check_on_acquire": "if_idle_for", "check_if_idle_for": "2s",
      "after_bad_check": "makes_older_suspect", "fairness": "barging", "max_overtaken": 3,
      "leak_threshold": "1s", "reclaim_after": "2s" },)";
  pool_options const pool = accepted(written.text()).endpoints[0].pool;
  CHECK(pool.initial_size == 1);
  CHECK(pool.max_idle == 3);
  CHECK(pool.max_uses == 9);
  CHECK(pool.when_down == while_down::fail_fast);
  CHECK(pool.check_on_acquire == acquire_check::if_idle_for);
  CHECK(pool.check_if_idle_for == 2s);
  CHECK(pool.after_bad_check == bad_check::makes_older_suspect);
  CHECK(pool.fair == fairness::barging);
  CHECK(pool.max_overtaken == 3);
  CHECK(pool.leak_threshold == 1s);
  CHECK(pool.reclaim_after == 2s);
}

TEST_CASE("an endpoint's pool lies over the scenario's") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo" },
      "pool": { "min_idle": 3, "idle_timeout": null } } ],)";
  pool_options const pool = accepted(written.text()).endpoints[0].pool;
  CHECK(pool.max_size == 4);
  CHECK(pool.min_idle == 3);
  CHECK_FALSE(pool.idle_timeout);
  CHECK(pool.max_lifetime == 30min);
}

TEST_CASE("a target has what its table says") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo",
      "frame": { "bytes": "1KiB" }, "reply": { "hex": "0aff" }, "reply_delay": "1ms",
      "max_connections": 9, "idle_disconnect": "3s", "close_after": 5 } } ],)";
  target::target_options const made = *accepted(written.text()).endpoints[0].target;
  CHECK(std::get<target::byte_frames>(made.frame).count == 1024);
  CHECK(made.reply == "\x0a\xff");
  CHECK(made.reply_delay == 1ms);
  CHECK(made.max_connections == 9);
  CHECK(made.idle_disconnect == 3s);
  CHECK(made.close_after == 5);
}

TEST_CASE("what is expected to be equal says how long the reply is") {
  parts written;
  written.workload =
      R"("workload": { "requests": [ { "send": "x", "expect": { "equals": "yes" } } ] },)";
  CHECK(accepted(written.text()).workload.requests[0].reply ==
        net::reply_framing{net::exact_bytes{3}});
}

TEST_CASE("the resolved text loads again and resolves to itself") {
  for (std::string const& text : {std::string{flaky_cache}, parts{}.text()}) {
    std::string const resolved = accepted(text).resolved;
    CHECK(accepted(resolved).resolved == resolved);
  }
}

TEST_CASE("no secret reaches the resolved text or a message") {
  parts written;
  written.workload = R"("workload": { "requests": [
      { "send": "AUTH ${TOKEN}\n", "reply": { "echo": true } } ] },)";
  environment const lookup = environment_of({{"TOKEN", "hunter2"}});
  scenario_model const made = accepted(written.text(), {}, lookup);
  CHECK(made.workload.requests[0].send == workload::literal_payload("AUTH hunter2\n"));
  CHECK(made.resolved.find("hunter2") == std::string::npos);
  CHECK(made.resolved.find(R"("AUTH ${TOKEN}\n")") != std::string::npos);
  CHECK(accepted(made.resolved, {}, lookup).resolved == made.resolved);

  environment const mistaken = environment_of({{"TOKEN", "hunter2 {{x}}"}});
  CHECK(messages_of(loaded(written.text(), {}, mistaken)) ==
        lines{"test.json:5: /workload/requests/0/send: found \"AUTH ${TOKEN}\\n\", with a mistaken "
              "template; allowed: {{nonce}}, {{seq}}, and {{{{ for a literal {{"});
}

TEST_CASE("the environment fills strings, and one that is not set is a mistake") {
  parts written;
  written.stages = R"("stages": [ { "name": "${STAGE:-steady}", "duration": "${LENGTH}" } ])";
  scenario_model const made =
      accepted(written.text(), {}, environment_of({{"LENGTH", "3s"}, {"STAGE", "s"}}));
  CHECK(made.stages[0].name == "s");
  CHECK(made.stages[0].length == 3s);
  CHECK(complaints(written) ==
        lines{"test.json:5: /stages/0/duration: the environment has no LENGTH; set it, or give a "
              "default: ${LENGTH:-...}"});
}

TEST_CASE("a set value replaces what the file says, and makes keys that are missing") {
  overrides const changes{.sets = {"pool.min_idle=1", "endpoints.a.weight=2.5",
                                   "stages.0.workers=0", "name=a name",
                                   "endpoints.a.pool.max_size=7", "workload.think=5ms",
                                   "endpoints.a.target.reply_delay=\"1ms\"",
                                   R"(thresholds=[{"metric":"wait.p99","max":"1s"}])"},
                          .seed = 99};
  scenario_model const made = accepted(parts{}.text(), changes);
  CHECK(made.seed == 99);
  CHECK(made.name == "a name");
  CHECK(made.endpoints[0].weight == 2.5);
  CHECK(made.endpoints[0].pool.min_idle == 1);
  CHECK(made.endpoints[0].pool.max_size == 7);
  CHECK(made.endpoints[0].target->reply_delay == 1ms);
  CHECK(made.stages[0].workers == 0);
  CHECK(made.workload.think == 5ms);
  CHECK(made.thresholds.size() == 1);
}

TEST_CASE("an element is found by a name with dots") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo" } },
      { "id": "a.b", "target": { "kind": "tcp-echo" } } ],)";
  overrides const changes{.sets = {"endpoints.a.b.weight=2", "endpoints.a.weight=3"}};
  scenario_model const made = accepted(written.text(), changes);
  CHECK(made.endpoints[0].weight == 3);
  CHECK(made.endpoints[1].weight == 2);
}

TEST_CASE("a set value that cannot be applied is a mistake of usage") {
  overrides const changes{.sets = {"pool.max_sise=1", "endpoints.b.weight=1", "pool.max_size.x=1",
                                   "nonsense", "endpoints=7"}};
  problems const told = refused(loaded(parts{}.text(), changes));
  CHECK(told.why == refusal::usage);
  REQUIRE(told.messages.size() == 4);
  CHECK(told.messages[0].starts_with(
      "--set pool.max_sise=1: unknown key \"max_sise\"; did you mean \"max_size\"?; allowed in a "
      "pool: \"name\", \"max_size\", "));
  CHECK(told.messages[1] ==
        "--set endpoints.b.weight=1: no element \"b\" in \"endpoints\"; allowed: \"a\"");
  CHECK(told.messages[2] == "--set pool.max_size.x=1: \"max_size\" has no keys; it is a whole "
                            "number from 1 to 16777216");
  CHECK(told.messages[3] == "--set nonsense: no PATH=VALUE; such as pool.max_size=32");
}

TEST_CASE("a set value is one value, in UTF-8, at a path that ends") {
  overrides const changes{
      .sets = {"pool.max_size.=4", "pool={\"max_size\": 1, \"max_size\": 2}", "name=\xff"}};
  problems const told = refused(loaded(parts{}.text(), changes));
  CHECK(told.why == refusal::usage);
  CHECK(told.messages ==
        lines{"--set pool.max_size.=4: no PATH=VALUE; such as pool.max_size=32",
              "--set pool={\"max_size\": 1, \"max_size\": 2}: the key \"max_size\" is here twice",
              "--set name=\\xff: not UTF-8 text, at byte 0; bytes are { \"hex\": \"ff00\" }"});
}

TEST_CASE("a set value that is out of range is a mistake of the command line") {
  overrides const changes{.sets = {"pool.max_size=0", "stages.steady.duration=soon"}};
  problems const told = refused(loaded(parts{}.text(), changes));
  CHECK(told.why == refusal::usage);
  CHECK(told.messages ==
        lines{"--set pool.max_size=0: /pool/max_size: found 0; allowed: a whole number from 1 to "
              "16777216",
              "--set stages.steady.duration=soon: /stages/0/duration: found \"soon\": a duration "
              "is a number and a unit, such as \"250ms\"; allowed: a duration from 1ns to 720h, "
              "such as \"250ms\""});
}

TEST_CASE("a duration stretches stages and faults in proportion, exactly") {
  scenario_model const made = accepted(flaky_cache, {.duration = "1700ms"});
  CHECK(made.stages[0].length == 200ms);
  CHECK(made.stages[1].length == 1s);
  CHECK(made.stages[2].length == 500ms);
  CHECK(made.faults[0].start == 500ms);
  CHECK(made.faults[0].length == 200ms);
  CHECK(made.faults[0].delay == 50ms);
  CHECK(accepted(made.resolved).resolved == made.resolved);

  scenario_model const odd = accepted(flaky_cache, {.duration = "1s"});
  CHECK(odd.length() == 1s);
}

TEST_CASE("a duration stretches the time between a fault's windows as well") {
  scenario_model const made =
      accepted(flaky_cache, {.sets = {R"(faults.slow.repeat={"every":"2500ms","count":2})"},
                             .duration = "1700ms"});
  REQUIRE(made.faults[0].repeat);
  CHECK(made.faults[0].repeat->every == 250ms);
  CHECK(made.faults[0].repeat->count == 2);
  CHECK(made.faults[0].end() == 950ms);
}

TEST_CASE("a duration that is none, or leaves a stage no time, is a mistake of usage") {
  auto const told = [](std::string length) {
    problems const why = refused(loaded(flaky_cache, {.duration = length}));
    return why.messages;
  };
  CHECK(refused(loaded(flaky_cache, {.duration = "0s"})).why == refusal::usage);
  CHECK(told("0s") == lines{"--duration 0s: allowed: a duration above 0s, such as \"30s\""});
  CHECK(told("5") == lines{"--duration 5: a duration needs a unit (ns us ms s m h), such as "
                           "\"250ms\""});
  CHECK(told("2562047h").at(0).starts_with("--duration 2562047h: /stages/"));
  CHECK(told("2ns") == lines{"--duration 2ns: the stage \"warmup\" would last no time"});
}

TEST_CASE("an input that is not there is told apart from one that is bad") {
  problems const missing = refused(load("/nonexistent/x.json", {}));
  CHECK(missing.why == refusal::no_input);
  CHECK(missing.messages ==
        lines{"/nonexistent/x.json: cannot be read: No such file or directory"});

  problems const directory = refused(load("/", {}));
  CHECK(directory.why == refusal::no_input);
  CHECK(directory.messages == lines{"/: is a directory; give the path of a file"});

  temporary_file const empty{""};
  problems const bad = refused(load(empty.path(), {}));
  CHECK(bad.why == refusal::bad_data);
  CHECK(bad.messages == lines{empty.path() + ":1: empty"});

  temporary_file const good{flaky_cache};
  CHECK(std::holds_alternative<scenario_model>(load(good.path(), {})));
}
