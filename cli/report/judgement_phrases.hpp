#pragma once

// Thresholds and verdicts in words, the same in every report. Pure; what comes out is safe text.

#include "run/result.hpp"

#include <string>

namespace conecta::report {

/// "wait.p99 <= 5.00 ms, stage steady, of 100 samples or more"
[[nodiscard]] std::string demand_text(scenario::threshold const& demanded);

/// "no_leak, endpoint cache"
[[nodiscard]] std::string promise_text(run::invariant_result const& one);

/// What was found instead; "-" where nothing was. A figure that misses its limit by less than three
/// digits show is written in full.
[[nodiscard]] std::string observed_text(run::threshold_result const& one);

/// "2 of 5 thresholds are broken"
[[nodiscard]] std::string verdict_reason(run::result const& found);

} // namespace conecta::report
