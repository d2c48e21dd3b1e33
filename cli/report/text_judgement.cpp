#include "report/text_judgement.hpp"

#include "report/safe_text.hpp"
#include "report/text_phrases.hpp"
#include "report/units.hpp"
#include "scenario/metric.hpp"

#include <algorithm>
#include <cmath>

namespace conecta::report {

namespace {

std::string figure_text(std::string_view metric, double value) {
  switch (scenario::unit_of_metric(metric).value_or(scenario::metric_unit::count)) {
  case scenario::metric_unit::duration:
    return human_duration(duration{std::llround(value)});
  case scenario::metric_unit::count:
    return human_number(value);
  case scenario::metric_unit::ratio:
    return human_number(value);
  case scenario::metric_unit::per_second:
    return human_number(value) + "/s";
  }
  return "";
}

char const* sign_of(scenario::bound kind) {
  switch (kind) {
  case scenario::bound::max:
    return " <= ";
  case scenario::bound::min:
    return " >= ";
  case scenario::bound::equals:
    return " == ";
  }
  return "";
}

// "wait.p99 <= 5.00 ms, stage steady"
std::string demand_text(scenario::threshold const& demanded) {
  auto out = safe_text(demanded.metric) + sign_of(demanded.kind) +
             figure_text(demanded.metric, demanded.limit);
  if (demanded.stage) {
    out += ", stage " + safe_text(*demanded.stage);
  }
  if (demanded.endpoint) {
    out += ", endpoint " + safe_text(*demanded.endpoint);
  }
  if (demanded.fault) {
    out += ", fault " + safe_text(*demanded.fault);
  }
  return out;
}

// A figure that misses its limit by less than the text shows is written in full.
std::string observed_text(run::threshold_result const& one) {
  if (!one.observed) {
    return "-";
  }
  auto const& demanded = one.demanded;
  auto text = figure_text(demanded.metric, *one.observed);
  if (one.ok() || text != figure_text(demanded.metric, demanded.limit)) {
    return text;
  }
  auto const unit = scenario::unit_of_metric(demanded.metric);
  return exact_number(*one.observed) + (unit == scenario::metric_unit::duration ? " ns" : "");
}

void put_mark(page& out, std::string_view mark, style look) { out.to(2).put(mark, look).to(11); }

void put_outcome(page& out, run::threshold_result::outcome judged) {
  switch (judged) {
  case run::threshold_result::outcome::kept:
    return put_mark(out, "ok", style::good);
  case run::threshold_result::outcome::broken:
    return put_mark(out, "BROKEN", style::bad);
  case run::threshold_result::outcome::not_judged:
    return put_mark(out, "unjudged", style::caution);
  }
}

std::string verdict_reason(run::result const& found) {
  auto const broken = std::count_if(found.thresholds.begin(), found.thresholds.end(),
                                    [](auto const& one) { return !one.ok(); });
  auto const violated =
      std::count_if(found.invariants.begin(), found.invariants.end(), [](auto const& one) {
        return one.judged == run::invariant_result::status::violated;
      });
  if (found.judged == run::verdict::incomplete) {
    return "the run was interrupted";
  }
  if (found.ended == run::completion::nothing_reached) {
    return "nothing could be reached on any endpoint";
  }
  std::string out;
  if (found.thresholds.empty()) {
    out = "no thresholds";
  } else if (broken == 0) {
    out = "every threshold is kept";
  } else {
    out = std::to_string(broken) + " of " +
          counted(found.thresholds.size(), "threshold", "thresholds") +
          (broken == 1 ? " is broken" : " are broken");
  }
  if (violated > 0) {
    out += ", " + counted(static_cast<std::uint64_t>(violated), "invariant", "invariants") +
           " violated";
  }
  return out;
}

} // namespace

void put_thresholds(page& out, std::vector<run::threshold_result> const& thresholds) {
  if (thresholds.empty()) {
    return;
  }
  out.gap();
  out.put("thresholds", style::heading).end_line();
  for (auto const& one : thresholds) {
    put_outcome(out, one.judged);
    out.put(fitted(demand_text(one.demanded), 54));
    out.right(page_columns, observed_text(one), one.ok() ? style::plain : style::bad);
    out.end_line();
    if (!one.reason.empty()) {
      out.to(11).rest(safe_text(one.reason), style::dim).end_line();
    }
  }
}

void put_invariants(page& out, std::vector<run::invariant_result> const& invariants) {
  if (invariants.empty()) {
    return;
  }
  out.gap();
  out.put("invariants", style::heading).end_line();
  for (auto const& one : invariants) {
    switch (one.judged) {
    case run::invariant_result::status::held:
      put_mark(out, "held", style::good);
      break;
    case run::invariant_result::status::violated:
      put_mark(out, "VIOLATED", style::bad);
      break;
    case run::invariant_result::status::not_judged:
      put_mark(out, "unjudged", style::caution);
      break;
    }
    auto const whose = one.endpoint.empty() ? "" : ", " + safe_text(one.endpoint);
    out.put(fitted(safe_text(one.name) + whose, 32))
        .put("  ")
        .rest(safe_text(one.detail), style::dim)
        .end_line();
  }
}

void put_verdict(page& out, run::result const& found) {
  out.gap();
  switch (found.judged) {
  case run::verdict::pass:
    out.put(found.thresholds.empty() && found.invariants.empty() ? "DONE" : "PASS", style::good);
    break;
  case run::verdict::fail:
    out.put("FAIL", style::bad);
    break;
  case run::verdict::incomplete:
    out.put("INCOMPLETE", style::caution);
    break;
  }
  out.to(11).rest(verdict_reason(found)).end_line();
}

} // namespace conecta::report
