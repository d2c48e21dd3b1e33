// What is told to continuous integration. That the XML is well-formed, and what a parser of others
// makes of both, is looked at in cli/ci_test.py.

#include "report/github.hpp"
#include "report/junit.hpp"
#include "report/sample_result.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace conecta;
using namespace conecta::report;

namespace {

bool has(std::string const& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

run::result interrupted() {
  auto found = sample_result();
  found.ended = run::completion::interrupted;
  for (auto& one : found.thresholds) {
    one.judged = run::threshold_result::outcome::not_judged;
    one.reason = "the run was interrupted";
  }
  found.judged = run::verdict::incomplete;
  return found;
}

} // namespace

TEST_CASE("junit_has_a_case_for_the_run_each_threshold_and_each_invariant") {
  auto result = sample_result();
  using status = run::invariant_result::status;
  result.invariants = {{"no_leak", status::held, ""},
                       {"cap", status::violated, "17 of 16"},
                       {"own_reply", status::not_judged, "no nonce"}};
  auto const text = junit_text(result);
  CHECK(has(text, R"(tests="9" failures="3" errors="0" skipped="1")"));
  CHECK(has(text, R"(<testcase classname="a flaky cache.thresholds" )"
                  R"(name="requests.error_ratio &lt;= 0.0001">)"));
  CHECK(has(text, R"(<failure message="observed 0.000133427" type="threshold">)"));
  CHECK(has(text, "<system-out>observed 40.0 us</system-out>")); // of one that is kept
  CHECK(has(text, R"(<failure message="17 of 16" type="invariant">)"));
  CHECK(has(text, R"(<skipped message="not judged: no nonce"/>)"));
  CHECK(has(text, R"(timestamp="2025-01-31T12:00:00")"));
}

TEST_CASE("no_two_cases_have_one_name_where_an_endpoint_or_the_samples_differ") {
  run::result found;
  using status = run::invariant_result::status;
  found.invariants = {{"cap", status::held, "", "cache"},
                      {"cap", status::violated, "17 of 16", "store"},
                      {"own_reply", status::not_judged, "no nonce", "store"}};
  run::threshold_result threshold;
  threshold.demanded.metric = "requests.failed";
  found.thresholds.assign(2, threshold);
  found.thresholds[1].demanded.min_samples = 100;
  auto const text = junit_text(found);
  CHECK(has(text, R"(name="cap, endpoint cache")"));
  CHECK(has(text, R"(name="cap, endpoint store")"));
  CHECK(has(text, R"(name="requests.failed &lt;= 0")"));
  CHECK(has(text, R"(name="requests.failed &lt;= 0, of 100 samples or more")"));
  auto const told = github_annotations(found, "");
  CHECK(has(told, "::error title=invariant violated::cap, endpoint store: 17 of 16\n"));
  CHECK(has(told, "::notice title=invariant not judged::own_reply, endpoint store: no nonce\n"));
  CHECK_FALSE(has(told, "::warning title=invariant"));
}

TEST_CASE("an_interrupted_run_is_an_error_and_passes_nothing") {
  auto const text = junit_text(interrupted());
  CHECK(has(text, R"(tests="6" failures="0" errors="1" skipped="5")"));
  CHECK(has(text, R"(<error message="the run was interrupted" type="interrupted"/>)"));
  auto const told = github_annotations(interrupted(), "");
  CHECK(told.starts_with("::error title=the run (a flaky cache)::the run was interrupted\n"));
  CHECK(has(told, "::warning title=threshold not judged (a flaky cache)::"));
  CHECK_FALSE(has(told, "::notice"));
}

TEST_CASE("github_is_told_of_what_is_broken_with_limit_and_observed") {
  auto const told = github_annotations(sample_result(), "scenarios/a,b: 50%.json");
  CHECK(has(told, "::error file=scenarios/a%2Cb%3A 50%25.json,title=threshold broken (a flaky "
                  "cache)::requests.error_ratio <= 0.0001, observed 0.000133427\n"));
  CHECK(has(told, "observed -: the baseline needs 200 requests"));
  CHECK(has(told, "::warning file=scenarios/a%2Cb%3A 50%25.json,title=the figures (a flaky "
                  "cache)::this process used 97 %25 of its processors"));
  CHECK_FALSE(has(told, "wait.p99"));
  CHECK_FALSE(has(told, "::notice"));
}

TEST_CASE("github_is_told_of_a_pass_in_one_notice") {
  run::result found;
  found.scenario_name = "fine";
  found.judged = run::verdict::pass;
  CHECK(github_annotations(found, "f.json") ==
        "::notice file=f.json,title=pass (fine)::no thresholds\n");
}

TEST_CASE("no_name_can_end_an_annotation_and_begin_another") {
  auto result = sample_result();
  std::string const hostile = "x\r\n::error::boo\xe2\x80\xa8::error::boo";
  result.scenario_name = hostile;
  result.thresholds[1].reason = hostile;
  result.self.warnings = {hostile};
  auto const told = github_annotations(result, hostile);
  CHECK(std::count(told.begin(), told.end(), '\n') == 3);
  CHECK(std::count(told.begin(), told.end(), '\r') == 0);
}
