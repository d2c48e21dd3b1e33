#include "report/judgement_phrases.hpp"

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

} // namespace

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
  if (demanded.min_samples) {
    out += ", of " + counted(*demanded.min_samples, "sample", "samples") + " or more";
  }
  return out;
}

std::string promise_text(run::invariant_result const& one) {
  return safe_text(one.name) +
         (one.endpoint.empty() ? "" : ", endpoint " + safe_text(one.endpoint));
}

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

} // namespace conecta::report
