#include "scenario/fault_table.hpp"
#include "scenario/loading.hpp"

#include <catch2/catch.hpp>
#include <functional>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

constexpr auto any_duration = "; allowed: a duration from 1ns to 87600h, such as \"250ms\"";

lines with_request(std::string keys, std::string target = "tcp-echo") {
  parts written;
  written.endpoints =
      R"("endpoints": [ { "id": "a", "target": { "kind": ")" + target + R"(" } } ],)";
  written.workload = "\"workload\": { \"requests\": [ { " + keys + " } ] },";
  return complaints(written);
}

lines with_stages(std::string list) {
  parts written;
  written.stages = "\"stages\": [ " + list + " ]";
  return complaints(written);
}

} // namespace

TEST_CASE("the scenario that these tests change is without a mistake") {
  CHECK(complaints({}) == lines{});
}

TEST_CASE("what must be there is asked for, with its meaning") {
  CHECK(messages_of(loaded("{}")) ==
        lines{"test.json:1: the key \"version\" is missing: of this format; allowed: 1",
              "test.json:1: the key \"endpoints\" is missing: the servers; allowed: an array of 1 "
              "to 1000 objects",
              "test.json:1: the key \"workload\" is missing: who sends what; allowed: an object",
              "test.json:1: the key \"stages\" is missing: the named parts of the run, one after "
              "the other; allowed: an array of 1 to 1000 objects"});
  CHECK(messages_of(loaded("[]")) == lines{"test.json:1: found []; allowed: an object"});
  CHECK(messages_of(loaded("7")) == lines{"test.json:1: found 7; allowed: an object"});
  parts written;
  written.head = R"("version": 2,)";
  CHECK(complaints(written) == lines{"test.json:1: /version: found 2; allowed: 1"});
}

TEST_CASE("nothing to ask, nothing to do and no time to do it in are mistakes") {
  CHECK(with_endpoints("") ==
        lines{"test.json:2: /endpoints: found 0 elements; allowed: an array of 1 to 1000 objects"});
  CHECK(with_stages("") ==
        lines{"test.json:5: /stages: found 0 elements; allowed: an array of 1 to 1000 objects"});
  parts written;
  written.workload = R"("workload": { "requests": [] },)";
  CHECK(complaints(written) == lines{"test.json:4: /workload/requests: found 0 elements; allowed: "
                                     "an array of 1 to 1000 objects"});
  CHECK(with_stages(R"({ "name": "s", "duration": "0s" })") ==
        lines{"test.json:5: /stages/0/duration: found \"0s\"; allowed: a duration from 1ns to "
              "720h, such as \"250ms\""});
}

TEST_CASE("an unknown key is told with the nearest known one") {
  parts written;
  written.more = ", \"stagse\": []";
  CHECK(complaints(written) ==
        lines{"test.json:8: /stagse: unknown key; did you mean \"stages\"?; allowed in a scenario: "
              "\"version\", \"name\", \"seed\", \"endpoints\", \"pool\", \"workload\", "
              "\"stages\", \"faults\", \"sim\", \"thresholds\", \"invariants\""});
  CHECK(with_pool(R"("backoff": { "initail": "1s" })") ==
        lines{"test.json:3: /pool/backoff/initail: unknown key; did you mean \"initial\"?; "
              "allowed in a backoff: \"initial\", \"limit\", \"jitter\""});
  CHECK(with_pool(R"("backoff": { "\u001b[2J~/": 1 })")
            .at(0)
            .starts_with(
                "test.json:3: /pool/backoff/\\x1b[2J~0~1: unknown key; allowed in a backoff: "));
}

TEST_CASE("a key that is there twice is a mistake") {
  CHECK(with_pool(R"("max_size": 4, "max_size": 5)") ==
        lines{"test.json:3: /pool/max_size: the key \"max_size\" is here twice"});
}

TEST_CASE("numbers are in range and whole where they count") {
  CHECK(with_pool(R"("max_size": 0)") ==
        lines{"test.json:3: /pool/max_size: found 0; allowed: a whole number from 1 to 16777216"});
  CHECK(with_pool(R"("max_size": -1)") ==
        lines{"test.json:3: /pool/max_size: found -1; allowed: a whole number from 1 to 16777216"});
  CHECK(with_pool(R"("check_retries": 3.99)") ==
        lines{"test.json:3: /pool/check_retries: found 3.99; allowed: a whole number from 0 to "
              "1000"});
  CHECK(with_pool(R"("max_size": 18446744073709551617)") ==
        lines{"test.json:3: /pool/max_size: found 18446744073709551617; allowed: a whole number "
              "from 1 to 16777216"});
  CHECK(with_pool(R"("max_size": "16")") ==
        lines{"test.json:3: /pool/max_size: found \"16\"; allowed: a whole number from 1 to "
              "16777216"});
  CHECK(with_pool(R"("lifetime_jitter": 1.5)") ==
        lines{"test.json:3: /pool/lifetime_jitter: found 1.5; allowed: a number from 0 to 1"});
}

TEST_CASE("a duration has a unit and is not negative") {
  CHECK(with_pool(R"("open_timeout": 5)") ==
        lines{std::string{"test.json:3: /pool/open_timeout: found 5, a number without a unit"} +
              any_duration});
  CHECK(with_pool(R"("open_timeout": "5")") ==
        lines{std::string{"test.json:3: /pool/open_timeout: found \"5\": a duration needs a unit "
                          "(ns us ms s m h), such as \"250ms\""} +
              any_duration});
  CHECK(with_pool(R"("open_timeout": "-5s")") ==
        lines{std::string{"test.json:3: /pool/open_timeout: found \"-5s\": a duration is not "
                          "negative"} +
              any_duration});
  CHECK(with_pool(R"("open_timeout": null)") ==
        lines{std::string{"test.json:3: /pool/open_timeout: found null"} + any_duration});
  CHECK(with_pool(R"("idle_timeout": null, "max_lifetime": null)") == lines{});
}

TEST_CASE("what is of later work is said to be not supported yet") {
  CHECK(with_pool(R"("reset_on_return": true)") ==
        lines{"test.json:3: /pool/reset_on_return: not supported yet"});
  parts payload;
  payload.workload = R"("workload": {
      "requests": [ { "send": "{{random 1 9}}", "reply": { "echo": true } } ] },)";
  CHECK(complaints(payload) ==
        lines{"test.json:5: /workload/requests/0/send: found the template {{random}}, which is not "
              "supported yet; allowed: {{nonce}}, {{seq}}, and {{{{ for a literal {{"});
  parts invariants;
  invariants.more = ", \"invariants\": true";
  CHECK(complaints(invariants) == lines{});
  invariants.more = ", \"invariants\": false";
  CHECK(complaints(invariants) == lines{});
}

TEST_CASE("an endpoint is one server with a name of its own") {
  CHECK(with_endpoints(R"({ "id": "a" })") ==
        lines{"test.json:2: /endpoints/0: found none; allowed: exactly one of \"url\", "
              "\"target\""});
  CHECK(with_endpoints(R"({ "id": "a", "url": "tcp://h:1", "target": { "kind": "tcp-echo" } })") ==
        lines{"test.json:2: /endpoints/0: found \"url\", \"target\"; allowed: exactly one of "
              "\"url\", \"target\""});
  CHECK(with_endpoints(R"({ "id": "a", "target": { "kind": "tcp-echo" } },
      { "id": "a", "target": { "kind": "tcp-echo" } })") ==
        lines{"test.json:3: /endpoints/1/id: found \"a\" twice; each must be unique"});
  CHECK(with_endpoints(R"({ "id": "a\n", "target": { "kind": "tcp-echo" }, "weight": 0 })") ==
        lines{"test.json:2: /endpoints/0/id: found \"a\\n\"; allowed: a text of 1 to 64 bytes "
              "without control characters",
              "test.json:2: /endpoints/0/weight: found 0; allowed: a number from 0.000001 to "
              "1000000"});
  CHECK(with_endpoints(R"({ "id": "a", "target": { "kind": "udp-echo", "close_after": 1 } })") ==
        lines{"test.json:2: /endpoints/0/target/close_after: not a key of \"udp-echo\"; it belongs "
              "to \"tcp-echo\", \"http\", \"memcached\", \"mysql\", \"postgres\", \"redis\""});
  CHECK(with_endpoints(R"({ "id": "a", "target": { "kind": "tcp_echo" } })") ==
        lines{"test.json:2: /endpoints/0/target/kind: found \"tcp_echo\"; did you mean "
              "\"tcp-echo\"?; allowed: one of \"tcp-echo\", \"udp-echo\", \"http\", \"memcached\", "
              "\"mysql\", \"postgres\", \"redis\""});
}

TEST_CASE("every endpoint is asked by some request") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo" } },
      { "id": "b", "target": { "kind": "tcp-echo" } } ],)";
  written.workload = R"("workload": { "requests": [
      { "endpoints": [ "a" ], "send": "x", "reply": { "echo": true } } ] },)";
  CHECK(complaints(written) == lines{"test.json:3: /endpoints/1: no request goes to this endpoint; "
                                     "list it in the \"endpoints\" of one"});
}

TEST_CASE("a request goes to endpoints that exist, each once") {
  CHECK(with_request(R"("endpoints": [ "a", "A", "a" ], "send": "x", "reply": { "echo": true })") ==
        lines{"test.json:4: /workload/requests/0/endpoints/1: found \"A\", no such endpoint; "
              "did you mean \"a\"?; allowed: \"a\"",
              "test.json:4: /workload/requests/0/endpoints/2: found \"a\" twice"});
}

TEST_CASE("a reply ends in exactly one way") {
  CHECK(with_request(R"("send": "x")") ==
        lines{"test.json:4: /workload/requests/0: no way to end its reply on TCP; add \"reply\": "
              "one of { \"until\": \"\\r\\n\" }, { \"bytes\": 64 }, { \"echo\": true }, { "
              "\"close\": true }, { \"none\": true }"});
  CHECK(with_request(R"("send": "x", "reply": {})") ==
        lines{"test.json:4: /workload/requests/0/reply: found none; allowed: exactly one of "
              "\"until\", \"bytes\", \"echo\", \"close\", \"none\""});
  CHECK(with_request(R"("send": "x", "reply": { "echo": false })") ==
        lines{"test.json:4: /workload/requests/0/reply/echo: found false; allowed: true"});
  CHECK(with_request(R"("send": "x", "reply": { "until": "" })").size() == 1);
  CHECK(with_request(R"("send": "x", "reply": { "bytes": "2MiB" })") ==
        lines{"test.json:4: /workload/requests/0/reply/bytes: found \"2MiB\"; allowed: a size from "
              "1B to 1MiB, such as \"64KiB\" or a number of bytes"});
  CHECK(with_request(R"("send": "x", "expect": { "equals": "yes" })") == lines{});
  CHECK(with_request(R"("send": "x", "expect": { "equals": "yes" }, "reply": { "bytes": 4 })") ==
        lines{"test.json:4: /workload/requests/0/expect: \"equals\" has 3 bytes, and the reply 4"});
  CHECK(with_request(R"("send": "x", "reply": { "none": true }, "expect": { "prefix": "y" })") ==
        lines{"test.json:4: /workload/requests/0/expect: nothing is read, so nothing can be "
              "expected"});
  CHECK(with_request(R"("send": "", "reply": { "echo": true })") ==
        lines{"test.json:4: /workload/requests/0/reply: an echo of nothing never comes"});
}

TEST_CASE("a reply over UDP is one datagram") {
  CHECK(with_request(R"("send": "x")", "udp-echo") == lines{});
  CHECK(with_request(R"("send": "x", "reply": { "echo": true })", "udp-echo") == lines{});
  CHECK(with_request(R"("send": "x", "reply": { "until": "\n" })", "udp-echo") ==
        lines{"test.json:4: /workload/requests/0/reply: found { \"until\": \"\\n\" }, and a reply "
              "over UDP is one datagram; leave it out, or give { \"echo\": true } or { \"none\": "
              "true }"});
  CHECK(with_request(R"("send": { "random": 65508 })", "udp-echo") ==
        lines{"test.json:4: /workload/requests/0/send: up to 65508 bytes, and a datagram has at "
              "most 65507"});
}

TEST_CASE("a payload is a text with templates, hexadecimal digits or random bytes") {
  CHECK(with_request(R"("send": 7, "reply": { "echo": true })") ==
        lines{"test.json:4: /workload/requests/0/send: found 7; allowed: a text, { \"hex\": "
              "\"0aff\" } or { \"random\": \"1KiB\" }"});
  CHECK(with_request(R"("send": { "hex": "0g" }, "reply": { "bytes": 1 })") ==
        lines{"test.json:4: /workload/requests/0/send/hex: found \"0g\"; allowed: pairs of "
              "hexadecimal digits"});
  CHECK(with_request(R"("send": { "hex": "0aFF" }, "reply": { "bytes": 1 })") == lines{});
  CHECK(with_request(R"("send": "{{none}}", "reply": { "bytes": 1 })") ==
        lines{"test.json:4: /workload/requests/0/send: found an unknown template \"{{none}}\"; "
              "allowed: {{nonce}}, {{seq}}, and {{{{ for a literal {{"});
}

TEST_CASE("an expectation has a pattern that compiles, and no templates") {
  CHECK(with_request(R"("send": "x", "reply": { "echo": true }, "expect": { "regex": "(" })")
            .at(0)
            .starts_with("test.json:4: /workload/requests/0/expect/regex: found \"(\", no "
                         "pattern: "));
  CHECK(with_request(R"("send": "x", "expect": { "equals": "{{nonce}}" })") ==
        lines{"test.json:4: /workload/requests/0/expect/equals: the template {{nonce}} is not "
              "supported here yet; { \"echo\": true } compares with what was sent"});
}

TEST_CASE("a URL has a scheme that is supported, and nothing that would be ignored") {
  auto const url = [](std::string const& text) {
    return with_endpoints(R"({ "id": "a", "url": ")" + text + "\" }");
  };
  CHECK(url("tcp://[::1]:1") == lines{});
  CHECK(
      url("tpc://127.0.0.1:1") ==
      lines{"test.json:2: /endpoints/0/url: found \"tpc://127.0.0.1:1\": unknown scheme; did you "
            "mean tcp://?; allowed: tcp://, tls://, udp://, unix://, http://, https://, mysql://, "
            "postgres://, postgresql://, redis://, rediss://, redis+unix://"});
  CHECK(url("mqtt://u:secret@127.0.0.1:1") ==
        lines{"test.json:2: /endpoints/0/url: found \"mqtt://***@127.0.0.1:1\": the scheme "
              "\"mqtt\" is not supported yet; allowed: tcp://, tls://, udp://, unix://, http://, "
              "https://, mysql://, postgres://, postgresql://, redis://, rediss://, "
              "redis+unix://"});
  CHECK(url("tcp://u:secret@127.0.0.1:1") ==
        lines{"test.json:2: /endpoints/0/url: found \"tcp://***@127.0.0.1:1\": tcp:// has no "
              "user and no password"});
  CHECK(url("udp://127.0.0.1") ==
        lines{"test.json:2: /endpoints/0/url: found \"udp://127.0.0.1\": the port is missing: "
              "udp://HOST:PORT"});
  CHECK(url("tcp://h:1?send=x") ==
        lines{"test.json:2: /endpoints/0/url: found \"tcp://h:1?send=x\": a query is for conecta "
              "probe; give the key \"check\" instead"});
}

TEST_CASE("stages have names of their own") {
  CHECK(with_stages(R"({ "name": "s", "duration": "1s" }, { "name": "s", "duration": "1s" })") ==
        lines{"test.json:5: /stages/1/name: found \"s\" twice; each must be unique"});
}

TEST_CASE("one mistake is told once") {
  // The refused list of stages is not blamed on what refers to it.
  parts written;
  written.stages = "\"stages\": 7";
  written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "type": "reset",
      "at": "x+1s", "for": "1s" } ])";
  written.thresholds = R"(, "thresholds": [ { "metric": "wait.p99", "max": "1s", "stage": "x" } ])";
  CHECK(complaints(written) ==
        lines{"test.json:5: /stages: found 7; allowed: an array of 1 to 1000 objects"});
}

TEST_CASE("a number that is refused is not blamed on what is derived from it") {
  parts written;
  written.workload = R"("workload": { "workers": 100000000,
      "requests": [ { "send": "x", "reply": { "echo": true } } ] },)";
  CHECK(complaints(written) == lines{"test.json:4: /workload/workers: found 100000000; allowed: a "
                                     "whole number from 0 to 100000"});
}

TEST_CASE("of more than a hundred mistakes the rest are counted") {
  std::string list;
  for (int index = 0; index < 150; ++index) {
    list += (index == 0 ? "" : ", ") + std::string{"7"};
  }
  lines const told = with_stages(list);
  REQUIRE(told.size() == 101);
  CHECK(told[0] == "test.json:5: /stages/0: found 7; allowed: an object");
  CHECK(told[100] == "test.json: and 50 more");
}
