// The block of a scenario that says what hooks do in a simulation.

#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

using namespace conecta;
using namespace conecta::scenario;
using namespace conecta::scenario::testing;
using namespace std::chrono_literals;

namespace {

parts with_sim(std::string const& list) {
  parts written;
  written.more = ", \"sim\": [ " + list + " ]";
  return written;
}

lines mistakes(std::string const& list) { return complaints(with_sim(list)); }

} // namespace

TEST_CASE("a sim block is read as it is written, and the rest has defaults") {
  auto const read = loaded(with_sim(R"({ "hook": "open", "outcome": "late", "probability": 0.25,
                                        "delay": "2ms", "jitter": "3ms" },
                                      { "hook": "clock", "outcome": "jump", "probability": 1 })")
                               .text());
  REQUIRE(messages_of(read) == lines{});
  CHECK(std::get<conecta::scenario::scenario>(read).sim ==
        sim::plan{{sim::hook::open, sim::outcome::late, 0.25, 2ms, 3ms},
                  {sim::hook::clock, sim::outcome::jump, 1, 1ms, 0ns}});
}

TEST_CASE("without the block each seed draws its own, with an empty one nothing goes wrong") {
  CHECK(!std::get<conecta::scenario::scenario>(loaded(parts{}.text())).sim.has_value());
  CHECK(std::get<conecta::scenario::scenario>(loaded(with_sim("").text())).sim == sim::plan{});
}

TEST_CASE("every outcome of every hook is known by its name, and refused where it cannot be") {
  for (std::size_t h = 0; h < sim::hook_count; ++h) {
    for (std::size_t o = 0; o < sim::outcome_count; ++o) {
      auto const hook = std::string{sim::hook_names[h]};
      auto const outcome = std::string{sim::outcome_names[o]};
      auto const found = mistakes("{ \"hook\": \"" + hook + "\", \"outcome\": \"" + outcome +
                                  "\", \"probability\": 0.5 }");
      CAPTURE(hook, outcome, found);
      CHECK(found.empty() == sim::fits(static_cast<sim::hook>(h), static_cast<sim::outcome>(o)));
    }
  }
}

TEST_CASE("all mistakes of a sim block are told at once, each with what is allowed") {
  CHECK(
      mistakes(R"({ "hook": "opne", "outcome": "hang", "probability": 1 },
{ "hook": "close", "outcome": "refused", "probability": 0.5 },
{ "hook": "check", "outcome": "fail", "probability": 1.5, "dealy": "1s" },
{ "hook": "reset", "delay": 5 })") ==
      lines{"test.json:8: /sim/0/hook: found \"opne\"; did you mean \"open\"?; allowed: one of "
            "\"open\", \"check\", \"reset\", \"close\", \"clock\"",
            "test.json:9: /sim/1/outcome: found \"refused\", and the hook is \"close\"; allowed: "
            "\"succeed\", \"throw\", \"no_memory\", \"hang\", \"late\"",
            "test.json:10: /sim/2/probability: found 1.5; allowed: a number from 0 to 1",
            "test.json:10: /sim/2/dealy: unknown key; did you mean \"delay\"?; allowed in an "
            "entry of sim: \"hook\", \"outcome\", \"probability\", \"delay\", \"jitter\"",
            "test.json:11: /sim/3/delay: found 5, a number without a unit; allowed: a duration "
            "from 0s to 720h, such as \"250ms\"",
            "test.json:11: /sim/3: the key \"outcome\" is missing: how it ends; allowed: one of "
            "\"succeed\", \"refused\", \"fail\", \"throw\", \"no_memory\", \"hang\", \"late\", "
            "\"jump\"",
            "test.json:11: /sim/3: the key \"probability\" is missing: that it happens, each time "
            "the hook runs; of the clock, each event; allowed: a number from 0 to 1"});
}

TEST_CASE("the probabilities of one hook add up to 1 at most, told where they exceed it") {
  CHECK(mistakes(R"({ "hook": "open", "outcome": "refused", "probability": 0.7 },
{ "hook": "check", "outcome": "fail", "probability": 0.7 },
{ "hook": "open", "outcome": "hang", "probability": 0.5 },
{ "hook": "open", "outcome": "late", "probability": 0.5 })") ==
        lines{"test.json:10: /sim/2/probability: makes 1.2 of the hook \"open\" in all; allowed: "
              "at most 1"});
  CHECK(mistakes(R"({ "hook": "open", "outcome": "refused", "probability": 0.1 },
{ "hook": "open", "outcome": "throw", "probability": 0.2 },
{ "hook": "open", "outcome": "late", "probability": 0.7 })") == lines{});
}
