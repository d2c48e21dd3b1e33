#include "report/junit.hpp"

#include "report/judgement_phrases.hpp"
#include "report/safe_text.hpp"
#include "report/text.hpp"
#include "report/xml.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

namespace conecta::report {

namespace {

enum class outcome : std::uint8_t { passed, failed, broke_off, skipped };

struct test_case {
  std::string group;
  std::string name;
  outcome how = outcome::passed;
  std::string kind;    ///< of a failure
  std::string message; ///< why, or what was observed
};

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string{name} + "=\"" + xml_escaped(value) + "\"";
}

std::string seconds(duration time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>{time}.count());
  return text.data();
}

test_case of_run(run::result const& found) {
  test_case made{"run", "the run is complete and reaches an endpoint", outcome::passed, {}, {}};
  if (found.ended != run::completion::complete) {
    made.how = outcome::broke_off;
    made.kind = found.ended == run::completion::interrupted ? "interrupted" : "nothing reached";
    made.message = verdict_reason(found);
  }
  return made;
}

test_case of_threshold(run::threshold_result const& one) {
  test_case made{"thresholds", demand_text(one.demanded), outcome::passed, "threshold", {}};
  made.message = "observed " + observed_text(one);
  if (!one.reason.empty()) {
    made.message += ": " + safe_text(one.reason);
  }
  switch (one.judged) {
  case run::threshold_result::outcome::kept:
    break;
  case run::threshold_result::outcome::broken:
    made.how = outcome::failed;
    break;
  case run::threshold_result::outcome::not_judged:
    made.how = outcome::skipped;
    break;
  }
  return made;
}

test_case of_invariant(run::invariant_result const& one) {
  test_case made{"invariants", promise_text(one), outcome::passed, "invariant",
                 safe_text(one.detail)};
  switch (one.judged) {
  case run::invariant_result::status::held:
    break;
  case run::invariant_result::status::violated:
    made.how = outcome::failed;
    break;
  case run::invariant_result::status::not_judged:
    made.how = outcome::skipped;
    break;
  }
  return made;
}

std::vector<test_case> cases_of(run::result const& found) {
  std::vector<test_case> all{of_run(found)};
  for (auto const& one : found.thresholds) {
    all.push_back(of_threshold(one));
  }
  for (auto const& one : found.invariants) {
    all.push_back(of_invariant(one));
  }
  return all;
}

std::string counts_of(std::vector<test_case> const& all) {
  std::array<std::size_t, 4> counts{};
  for (auto const& one : all) {
    ++counts[static_cast<std::size_t>(one.how)];
  }
  auto const count = [&](outcome how) {
    return std::to_string(counts[static_cast<std::size_t>(how)]);
  };
  return attribute("tests", std::to_string(all.size())) +
         attribute("failures", count(outcome::failed)) +
         attribute("errors", count(outcome::broke_off)) +
         attribute("skipped", count(outcome::skipped));
}

void put(std::string& out, test_case const& one, std::string_view suite) {
  out += "    <testcase" + attribute("classname", std::string{suite} + "." + one.group) +
         attribute("name", one.name) + ">\n";
  switch (one.how) {
  case outcome::passed:
    if (!one.message.empty()) {
      out += "      <system-out>" + xml_escaped(one.message) + "</system-out>\n";
    }
    break;
  case outcome::failed:
    out += "      <failure" + attribute("message", one.message) + attribute("type", one.kind) +
           ">" + xml_escaped(one.name + ", " + one.message) + "</failure>\n";
    break;
  case outcome::broke_off:
    out +=
        "      <error" + attribute("message", one.message) + attribute("type", one.kind) + "/>\n";
    break;
  case outcome::skipped:
    out += "      <skipped" + attribute("message", "not judged: " + one.message) + "/>\n";
    break;
  }
  out += "    </testcase>\n";
}

/// The summary, line by line: what a line holds was made safe already.
std::string summary_of(run::result const& found) {
  return xml_escaped(summary_text(found, colouring::none));
}

} // namespace

std::string junit_text(run::result const& found) {
  auto const all = cases_of(found);
  auto const counts = counts_of(all);
  auto const time = attribute("time", seconds(found.length));
  auto const name = found.scenario_name.empty() ? "conecta bench" : safe_text(found.scenario_name);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += "<testsuites name=\"conecta\"" + counts + time + ">\n";
  out += "  <testsuite" + attribute("name", name) + counts + time;
  if (!found.started_at.empty()) { // which has no zone there
    auto const moment = safe_text(found.started_at);
    out += attribute("timestamp", moment.substr(0, moment.find('Z')));
  }
  out += ">\n    <properties>\n      <property name=\"seed\"" +
         attribute("value", std::to_string(found.seed)) + "/>\n      <property name=\"verdict\"" +
         attribute("value", name_of(found.judged)) + "/>\n    </properties>\n";
  for (auto const& one : all) {
    put(out, one, name);
  }
  out += "    <system-out>" + summary_of(found) + "</system-out>\n";
  return out + "  </testsuite>\n</testsuites>\n";
}

} // namespace conecta::report
