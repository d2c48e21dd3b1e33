// Mistakes in faults that no relay does: to a process, and to lookups of a name.

#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

TEST_CASE("signals are for the process of a server that is not embedded") {
  for (std::string const type : {"pause", "kill"}) {
    parts written;
    written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "pid_file": "x",
        "at": "steady+1s", "for": "1s", "type": ")" +
                     type + "\" } ]";
    CHECK(complaints(written) ==
          lines{"test.json:7: /faults/0/type: found \"" + type +
                "\", and the endpoint \"a\" is embedded; allowed: an endpoint with a \"url\""});
  }
}

TEST_CASE("a fault of a name is for a name that is looked up") {
  auto const with = [](std::string const& endpoint, std::string const& keys,
                       std::string const& others = "") {
    parts written;
    written.endpoints = R"("endpoints": [ { "id": "a", )" + endpoint + " } ],";
    written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "type": "name",
        "at": "steady+1s", "for": "1s")" +
                     keys + " }" + others + " ]";
    return complaints(written);
  };
  std::string const named = R"("url": "tcp://localhost:1")";
  std::string const type = R"(test.json:6: /faults/0/type: found "name", and the endpoint "a" )";
  CHECK(with(named, "") == lines{});
  CHECK(with(R"("target": { "kind": "tcp-echo" })", "") ==
        lines{type + R"(is embedded; allowed: an endpoint with a "url")"});
  for (std::string const address : {"127.0.0.1", "[::1]", "[fe80::1%25eth0]"}) {
    CHECK(with(R"("url": "tcp://)" + address + ":1\"", "") ==
          lines{type + "has an address for its host, which nobody looks up; allowed: a \"url\" "
                       "with the name of a host"});
  }
  CHECK(with(named, "", R"(, { "id": "r", "endpoint": "a", "type": "reset", "at": "steady+5s",
      "for": "1s" })") ==
        lines{type + R"(has the fault "r", whose relay looks the name up itself, once; )"
                     "allowed: either"});
}

TEST_CASE("each mode of a name has its own key") {
  auto const with = [](std::string const& keys) {
    parts written;
    written.endpoints = R"("endpoints": [ { "id": "a", "url": "tcp://localhost:1" } ],)";
    written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "type": "name",
        "at": "steady+1s", "for": "1s",)" +
                     keys + " } ]";
    return complaints(written);
  };
  CHECK(with(R"("mode": "missing")") == lines{});
  CHECK(with(R"("mode": "slow", "delay": "1s")") == lines{});
  CHECK(with(R"("mode": "change", "address": "::1")") == lines{});
  CHECK(with(R"("mode": "slow", "delay": "0s")").size() == 1); // of the delay alone
  CHECK(with(R"("mode": "slow")") ==
        lines{R"(test.json:7: /faults/0/mode: found "slow", and there is no "delay"; allowed: )"
              R"(with one, such as "200ms")"});
  CHECK(with(R"("mode": "change")") ==
        lines{R"(test.json:7: /faults/0/mode: found "change", and there is no "address"; allowed: )"
              R"(with one, such as "127.0.0.2")"});
  CHECK(with(R"("delay": "1s")") ==
        lines{R"(test.json:7: /faults/0/delay: goes only with the mode "slow")"});
  CHECK(with(R"("mode": "change", "address": "localhost")") ==
        lines{R"(test.json:7: /faults/0/address: found "localhost"; allowed: an address, such as )"
              R"("127.0.0.2" or "::1")"});
}
