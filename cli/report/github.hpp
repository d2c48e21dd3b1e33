#pragma once

// A verdict as workflow commands of GitHub Actions, which shows them as annotations: an error for
// each broken threshold, violated invariant and a run that broke off, a warning for what was not
// judged and for what the tool has to say about its own figures, and one notice with the verdict
// where it is a pass. Pure.
//
// Format: docs.github.com, "Workflow commands for GitHub Actions". Only the first ten of a kind are
// shown of each step, so the worst come first.

#include "run/result.hpp"

#include <string>
#include <string_view>

namespace conecta::report {

/// `file` is the scenario's path as the repository has it; empty: none is named.
[[nodiscard]] std::string github_annotations(run::result const& found, std::string_view file);

} // namespace conecta::report
