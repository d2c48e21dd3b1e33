#pragma once

// The part of the text summary that judges: thresholds, invariants and the verdict.

#include "report/page.hpp"
#include "run/result.hpp"

namespace conecta::report {

void put_thresholds(page& out, std::vector<run::threshold_result> const& thresholds);
void put_invariants(page& out, std::vector<run::invariant_result> const& invariants);
void put_verdict(page& out, run::result const& found);

} // namespace conecta::report
