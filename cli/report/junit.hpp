#pragma once

// A result as JUnit XML, which Jenkins, GitLab and others show: a test case for the run itself, for
// each threshold with its limit and what was observed, and for each invariant. Pure.
//
// A broken threshold and a violated invariant are failures; a run that was interrupted or reached
// nothing is an error, whatever its thresholds say; what was not judged is skipped, never passed.
// Format: the XML schema of Jenkins' xUnit plugin, junit-10.xsd, but without a time per test case.

#include "run/result.hpp"

#include <string>

namespace conecta::report {

[[nodiscard]] std::string junit_text(run::result const& found);

} // namespace conecta::report
