// The closed and the open model: which keys go with which, what they default to, and nonsense.

#include "scenario/loading.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

constexpr auto requests = R"("requests": [ { "send": "x\n", "reply": { "echo": true } } ] },)";

parts with_load(std::string const& workload, std::string const& stage) {
  parts written;
  written.workload = "\"workload\": { " + workload + (workload.empty() ? "" : ", ") + requests;
  written.stages = "\"stages\": [ { \"name\": \"s\", \"duration\": \"1s\"" + stage + " } ]";
  return written;
}

lines complaints_about(std::string const& workload, std::string const& stage = {}) {
  return complaints(with_load(workload, stage));
}

conecta::scenario::scenario scenario_with(std::string const& workload,
                                          std::string const& stage = {}) {
  auto const result = loaded(with_load(workload, stage).text());
  CAPTURE(messages_of(result));
  REQUIRE(std::holds_alternative<conecta::scenario::scenario>(result));
  return std::get<conecta::scenario::scenario>(result);
}

constexpr auto any_rate = "; allowed: a rate from 0.001/s to 1000000/s, such as \"500/s\"";

} // namespace

TEST_CASE("an open workload has a rate, a limit and an answer to overload") {
  auto const made = scenario_with(R"("model": "open", "rate": "2.5/s")");
  CHECK(made.workload.model == load_model::open);
  CHECK(made.workload.max_in_flight == 10'000);
  CHECK(made.workload.on_overload == overload::queue);
  CHECK(made.stages[0].from == 2.5);
  CHECK(made.stages[0].to == 2.5);
  CHECK(made.stages[0].workers == 0);
  CHECK(made.endpoints[0].pool.max_waiters == 10'000); // so that who is under way may wait
  auto const other = scenario_with(R"("model": "open", "max_in_flight": 5, "on_overload": "drop")",
                                   R"(, "from": "0/s", "to": "100/s")");
  CHECK(other.workload.max_in_flight == 5);
  CHECK(other.workload.on_overload == overload::drop);
  CHECK(other.stages[0].from == 0);
  CHECK(other.stages[0].to == 100);
}

TEST_CASE("the stage's rate is before the workload's, and 0/s is a rest") {
  CHECK(scenario_with(R"("model": "open", "rate": "9/s")", R"(, "rate": "0/s")").stages[0].from ==
        0);
  CHECK(scenario_with(R"("model": "open", "rate": "9/s")", R"(, "rate": "7/s")").stages[0].to == 7);
}

TEST_CASE("what is resolved says each model's own keys, and is itself accepted") {
  auto const open = scenario_with(R"("model": "open", "rate": "9/s")");
  auto const resolved = nlohmann::json::parse(open.resolved);
  CHECK(resolved["workload"]["on_overload"] == "queue");
  CHECK_FALSE(resolved["workload"].contains("workers"));
  CHECK_FALSE(resolved["workload"].contains("think"));
  CHECK(resolved["stages"][0]["rate"] == "9/s");
  CHECK(messages_of(loaded(open.resolved)) == lines{});
  auto const closed = nlohmann::json::parse(scenario_with("").resolved);
  CHECK(closed["workload"]["model"] == "closed");
  CHECK(closed["workload"]["think"] == "0s");
  CHECK_FALSE(closed["workload"].contains("max_in_flight"));
}

TEST_CASE("a rate of nothing, or one that is none, is a mistake") {
  CHECK(complaints_about(R"("model": "open", "rate": "0/s")") ==
        lines{std::string{"test.json:4: /workload/rate: found \"0/s\""} + any_rate});
  CHECK(complaints_about(R"("model": "open", "rate": "-5/s")") ==
        lines{std::string{"test.json:4: /workload/rate: found \"-5/s\": a rate is not negative"} +
              any_rate});
  for (std::string const text : {"5", "5/m", "/s", "five/s", "5 /s", "1e3/s", ".5/s", "5./s"}) {
    CHECK(complaints_about(R"("model": "open", "rate": ")" + text + "\"") ==
          lines{"test.json:4: /workload/rate: found \"" + text +
                "\": a rate is a number and \"/s\", such as \"500/s\"" + any_rate});
  }
  CHECK(complaints_about(R"("model": "open", "rate": 500)") ==
        lines{std::string{"test.json:4: /workload/rate: found 500"} + any_rate});
  CHECK(complaints_about(R"("model": "open", "rate": "1000001/s")") ==
        lines{std::string{"test.json:4: /workload/rate: found \"1000001/s\""} + any_rate});
}

TEST_CASE("an open stage needs a rate from somewhere") {
  CHECK(complaints_about(R"("model": "open")") ==
        lines{"test.json:5: /stages/0: the key \"rate\" is missing here and in the workload: how "
              "many requests begin in a second, such as \"500/s\""});
  CHECK(complaints_about(R"("model": "open")", R"(, "from": "5/s")") ==
        lines{"test.json:5: /stages/0: the key \"to\" is missing: a rate changes from one to "
              "another"});
  CHECK(complaints_about(R"("model": "open")", R"(, "rate": "1/s", "from": "5/s", "to": "6/s")") ==
        lines{"test.json:5: /stages/0/rate: found \"1/s\", which is given beside \"from\" or "
              "\"to\"; allowed: \"rate\", or both of them"});
}

TEST_CASE("keys of the other model are mistakes") {
  CHECK(complaints_about(R"("rate": "5/s")") ==
        lines{"test.json:4: /workload/rate: not a key of \"closed\"; it belongs to \"open\""});
  CHECK(complaints_about(R"("model": "closed", "max_in_flight": 5, "on_overload": "drop")") ==
        lines{"test.json:4: /workload/max_in_flight: not a key of \"closed\"; it belongs to "
              "\"open\"",
              "test.json:4: /workload/on_overload: not a key of \"closed\"; it belongs to "
              "\"open\""});
  CHECK(complaints_about(R"("model": "open", "rate": "5/s", "workers": 3, "think": "1s")") ==
        lines{"test.json:4: /workload/workers: not a key of \"open\"; it belongs to \"closed\"",
              "test.json:4: /workload/think: not a key of \"open\"; it belongs to \"closed\""});
  CHECK(complaints_about("", R"(, "rate": "5/s")") ==
        lines{"test.json:5: /stages/0/rate: found \"5/s\", which is of the open model, and this "
              "workload is closed: give \"workers\""});
  CHECK(complaints_about(R"("model": "open", "rate": "5/s")", R"(, "workers": 5)") ==
        lines{"test.json:5: /stages/0/workers: found 5, which is of the closed model, and this "
              "workload is open: give \"rate\""});
  CHECK(complaints_about(R"("model": "open", "rate": "5/s", "max_in_flight": 0)") ==
        lines{"test.json:4: /workload/max_in_flight: found 0; allowed: a whole number from 1 to "
              "100000"});
  CHECK(complaints_about(R"("model": "ajar")") ==
        lines{"test.json:4: /workload/model: found \"ajar\"; allowed: one of \"closed\", "
              "\"open\""});
}

TEST_CASE("a threshold may name what only a schedule has, where there is one") {
  auto const with_threshold = [](std::string const& model, std::string const& keys) {
    auto written = with_load(model, "");
    written.thresholds = ", \"thresholds\": [ { " + keys + " } ]";
    return complaints(written);
  };
  std::string const open = R"("model": "open", "rate": "5/s")";
  std::string const lag = R"("metric": "schedule_lag.p99", "max": "1ms")";
  CHECK(with_threshold(open, lag) == lines{});
  CHECK(with_threshold(open, R"("metric": "requests.offered_per_s", "min": "4/s")") == lines{});
  CHECK(with_threshold(open, R"("metric": "requests.late", "equals": 0)") == lines{});
  CHECK(with_threshold("", lag) ==
        lines{"test.json:7: /thresholds/0/metric: found \"schedule_lag.p99\", which is of the open "
              "model, and this workload is closed"});
  CHECK(with_threshold(open, lag + R"(, "stage": "s")") ==
        lines{"test.json:7: /thresholds/0/stage: the schedule's lag is of the whole recorded "
              "time: name only the metric"});
  CHECK(with_threshold(open, lag + R"(, "endpoint": "a")") ==
        lines{"test.json:7: /thresholds/0/endpoint: the schedule's lag is of the whole recorded "
              "time: name only the metric"});
}
