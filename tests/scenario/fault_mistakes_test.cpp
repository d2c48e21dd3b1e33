// What is said of mistakes in faults, word for word.

#include "scenario/fault_table.hpp"
#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;
using Catch::Matchers::Contains;

TEST_CASE("an error is one of the target's protocol") {
  auto const with = [](std::string const& kind, std::string const& code) {
    parts written;
    written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": ")" + kind + "\" } } ],";
    written.workload = kind == "mysql" || kind == "postgres"
                           ? R"("workload": { "requests": [ { "sql": "SELECT 1" } ] },)"
                           : written.workload;
    written.faults =
        R"("faults": [ { "id": "f", "endpoint": "a", "type": "error_reply", "code": ")" + code +
        R"(", "at": "steady+1s", "for": "1s" } ])";
    written.stages += ",";
    auto const all = complaints(written);
    return all.empty() ? std::string{} : all.at(0);
  };
  for (auto const& [kind, code] :
       std::vector<std::pair<std::string, std::string>>{{"redis", "LOADING"},
                                                        {"http", "503"},
                                                        {"memcached", "SERVER_ERROR"},
                                                        {"mysql", "1040"},
                                                        {"postgres", "53300"},
                                                        {"postgres", "57P01"}}) {
    CHECK(with(kind, code).empty());
  }
  CHECK_THAT(with("redis", "loading"), Contains("a word of capital letters"));
  CHECK_THAT(with("http", "302"), Contains("a status from 400 to 599"));
  CHECK_THAT(with("http", "99999999999"), Contains("a status from 400 to 599"));
  CHECK_THAT(with("memcached", "NO"), Contains("ERROR, CLIENT_ERROR or SERVER_ERROR"));
  CHECK_THAT(with("mysql", "2013"), Contains("a number from 1000 to 1999 or 3000 to 9999"));
  CHECK_THAT(with("postgres", "5330"), Contains("an SQLSTATE of five digits"));
  CHECK_THAT(with("tcp-echo", "X"), Contains("a tcp-echo has no errors"));
}

TEST_CASE("a delay that jitters is never negative, so that its mean is what was asked for") {
  auto const with = [](std::string const& delay, std::string const& rest) {
    return with_fault(R"("id": "f", "endpoint": "a", "type": "latency", "at": "steady+1s",
      "for": "1s", "delay": )" +
                      delay + ", " + rest);
  };
  CHECK(with(R"("10ms")", R"("jitter": "10ms")") == lines{});
  CHECK(with(R"("10ms")", R"("jitter": "10ms", "distribution": "pareto")") == lines{});
  CHECK(with(R"("10ms")", R"("jitter": "5ms", "distribution": "normal")") == lines{});
  std::string const found = "test.json:8: /faults/0/jitter: found \"11ms\", and the delay is ";
  CHECK(with(R"("10ms")", R"("jitter": "11ms")") == lines{found + "10ms; allowed: at most that"});
  CHECK(with(R"("10ms")", R"("jitter": "11ms", "distribution": "pareto")") ==
        lines{found + "10ms; allowed: at most that"});
  CHECK(with(R"("20ms")", R"("jitter": "11ms", "distribution": "normal")") ==
        lines{found + "20ms; allowed: at most half of that"});
  CHECK(with("10", R"("jitter": "11ms")").size() == 1); // the delay alone
}

TEST_CASE("a bandwidth is bytes a second") {
  auto const rate = [](std::string const& text) {
    return with_fault(R"("id": "f", "endpoint": "a", "type": "bandwidth", "at": "steady+1s",
      "for": "1s", "rate": )" +
                      text);
  };
  CHECK(rate(R"("1KiB/s")") == lines{});
  for (std::string const wrong : {R"("1KiB")", "1024", R"("0B/s")", R"("fast/s")"}) {
    CHECK(rate(wrong) == lines{"test.json:8: /faults/0/rate: found " + wrong +
                               "; allowed: bytes a second, at least 1B/s, such as \"64KiB/s\""});
  }
}

TEST_CASE("a fault is done to an endpoint that it fits") {
  CHECK(with_fault(R"("id": "f", "endpoint": "b", "type": "reset", "at": "steady+1s",
      "for": "1s")") ==
        lines{"test.json:7: /faults/0/endpoint: found \"b\", no such endpoint; allowed: \"a\", "
              "\"u\""});
  CHECK(with_fault(R"("id": "f", "endpoint": "a", "type": "loss", "at": "steady+1s",
      "for": "1s")") ==
        lines{"test.json:7: /faults/0/type: found \"loss\", and the endpoint \"a\" is TCP; "
              "allowed: " +
              fitting(&fault_row::fits_tcp)});
  for (std::string const type : {"reset", "refuse"}) {
    CHECK(with_fault(R"("id": "f", "endpoint": "u", "type": ")" + type +
                     R"(", "at": "steady+1s", "for": "1s")") ==
          lines{"test.json:7: /faults/0/type: found \"" + type +
                "\", and the endpoint \"u\" is UDP; allowed: " + fitting(&fault_row::fits_udp)});
  }
}

TEST_CASE("what is sent in one datagram fits into one") {
  auto const extra = [](std::string const& endpoint, std::size_t size) {
    return with_fault(R"("id": "f", "type": "extra_reply", "at": "steady+1s", "for": "1s",
      "endpoint": ")" +
                      endpoint + R"(", "send": ")" + std::string(size, 'x') + "\"");
  };
  CHECK(extra("u", 65'507) == lines{});
  CHECK(extra("a", 65'508) == lines{});
  CHECK(extra("u", 65'508) ==
        lines{"test.json:8: /faults/0/send: found 65508 bytes; allowed over UDP: at most 65507, "
              "which a datagram holds"});
  auto const replying = [](std::string const& kind) {
    return load_target(kind, {"reply=" + std::string(65'508, 'x')}, no_environment());
  };
  CHECK(std::holds_alternative<conecta::target::target_options>(replying("tcp-echo")));
  CHECK(std::holds_alternative<problems>(replying("udp-echo")));
}

TEST_CASE("a fault begins within a stage") {
  auto const at = [](std::string const& moment) {
    return with_fault(R"("id": "f", "endpoint": "a", "type": "reset", "for": "1s", "at": ")" +
                      moment + "\"");
  };
  CHECK(at("steady+0s") == lines{});
  CHECK(at("steady+9999ms") == lines{});
  CHECK(at("steady+10s") == lines{"test.json:7: /faults/0/at: found \"steady+10s\", and the stage "
                                  "ends after 10s"});
  CHECK(at("stedy+1s") == lines{"test.json:7: /faults/0/at: found \"stedy+1s\", no such stage; did "
                                "you mean \"steady\"?; allowed: \"steady\""});
  CHECK(at("3s") == lines{"test.json:7: /faults/0/at: found \"3s\"; allowed: \"STAGE+OFFSET\", "
                          "such as \"steady+3s\""});
  CHECK(at("steady+-1s") == lines{"test.json:7: /faults/0/at: found \"steady+-1s\": a duration is "
                                  "not negative"});
}

TEST_CASE("a fault has the keys of its type") {
  CHECK(with_fault(R"("id": "f", "endpoint": "a", "type": "reset", "delay": "1s",
      "at": "steady+1s", "for": "1s", "burst": { "p": 1 })") ==
        lines{"test.json:7: /faults/0/delay: not a key of \"reset\"; it belongs to \"latency\", "
              "\"slow_close\", \"connect_delay\", \"name\", \"slow_reply\"",
              "test.json:8: /faults/0/burst: not a key of \"reset\"; it belongs to \"loss\""});
  CHECK(with_fault(R"("id": "f", "endpoint": "a", "type": "latency", "at": "steady+1s",
      "for": "1s", "probability": 2)") ==
        lines{"test.json:7: /faults/0: the key \"delay\" is missing: so much later; allowed: a "
              "duration from 0s to 87600h, such as \"250ms\"",
              "test.json:8: /faults/0/probability: found 2; allowed: a number from 0 to 1"});
}

TEST_CASE("the windows of a fault that is repeated do not overlap, and open within the run") {
  auto const repeat = [](std::string const& text) {
    return with_fault(R"("id": "f", "endpoint": "a", "type": "reset", "at": "steady+1s",
      "for": "2s", "repeat": )" +
                      text);
  };
  CHECK(repeat("null") == lines{});
  CHECK(repeat(R"({ "every": "2s", "count": 5 })") == lines{}); // the last opens at 9s of 10s
  CHECK(repeat(R"({ "every": "2s", "count": 6 })") ==
        lines{"test.json:8: /faults/0/repeat/count: found 6, and the run ends before the window 6; "
              "allowed: at most 5"});
  CHECK(repeat(R"({ "every": "1999ms", "count": 2 })") ==
        lines{"test.json:8: /faults/0/repeat/every: found \"1999ms\", and the window lasts 2s; "
              "allowed: at least that"});
  CHECK(repeat(R"({ "every": "720h", "count": 1000000 })") ==
        lines{"test.json:8: /faults/0/repeat/count: found 1000000, and the run ends before the "
              "window 2; allowed: at most 1"});
  CHECK(repeat(R"({ "every": "3s", "count": 0 })") ==
        lines{"test.json:8: /faults/0/repeat/count: found 0; allowed: a whole number from 1 to "
              "1000000"});
  CHECK(repeat(R"({ "every": "3s" })") ==
        lines{"test.json:8: /faults/0/repeat: the key \"count\" is missing: so many windows; "
              "allowed: a whole number from 1 to 1000000"});
}

TEST_CASE("what an embedded server does itself is done to no other") {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "url": "tcp://127.0.0.1:1" } ],)";
  written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "type": "restart",
      "down": "1s", "at": "steady+1s", "for": "1s" } ])";
  CHECK(complaints(written) ==
        lines{"test.json:6: /faults/0/type: found \"restart\", and the endpoint \"a\" is "
              "not embedded; allowed: an endpoint with a \"target\""});
}

TEST_CASE("a burst has two probabilities") {
  auto const burst = [](std::string const& text) {
    return with_fault(R"("id": "f", "endpoint": "u", "type": "loss", "at": "steady+1s",
      "for": "1s", "burst": )" +
                      text);
  };
  CHECK(burst(R"({ "p": 0.05, "r": 1.5 })") ==
        lines{"test.json:8: /faults/0/burst/r: found 1.5; allowed: a number from 0 to 1"});
  CHECK(burst(R"({ "p": 0.05 })") ==
        lines{"test.json:8: /faults/0/burst: the key \"r\" is missing: that it ends, drawn "
              "likewise; allowed: a number from 0 to 1"});
}
