#pragma once

// Holds a tree against the tables of keys: unknown, missing and misplaced keys, types and ranges.
// What parts of a scenario mean to each other is build.hpp's.

#include "scenario/environment.hpp"
#include "scenario/located_json.hpp"
#include "scenario/rules.hpp"

namespace conecta::scenario {

/// Expands ${NAME} in every string of the tree but those that were refused; the text as written
/// goes to node::raw.
void expand_all(node& tree, environment const& lookup, problem_list& problems);

/// What expand_all() made, to be written so that expanding it brings in nothing: ${ becomes $${.
[[nodiscard]] node with_values(node value);

/// Reports what the tables do not allow, and marks those values as refused.
void check_shape(node& tree, object_rule const& rule, problem_list& problems);

/// Adds the defaults of missing keys and puts keys in the order of the tables. Values that were
/// refused stay as they are; keys that are unknown go.
void fill_in(node& tree, object_rule const& rule);

} // namespace conecta::scenario
