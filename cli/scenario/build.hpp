#pragma once

// From a tree that was held against the tables to the model: what the parts of a scenario mean to
// each other. Values that were refused before are skipped here, so that one mistake is told once.

#include "scenario/located_json.hpp"
#include "scenario/model.hpp"

namespace conecta::scenario {

/// `tree` has its defaults filled in. Whoever gets new problems must not use the model.
[[nodiscard]] scenario build(node const& tree, problem_list& problems);

/// Adds the defaults that depend on other keys: the workers of the workload and of its stages, the
/// names of requests. Call it after fill_in, and fill_in once more to put them in order.
void derive_defaults(node& tree);

} // namespace conecta::scenario
