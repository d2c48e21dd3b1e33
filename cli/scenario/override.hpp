#pragma once

// What the command line changes in a scenario before it is checked.

#include "scenario/located_json.hpp"
#include "scenario/model.hpp"
#include "scenario/rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::scenario {

/// Whether it is a "PATH=VALUE" at all.
[[nodiscard]] bool is_assignment(std::string_view text) noexcept;

/// One --set: "PATH=JSON", bare text where it is no JSON. A path names keys, and elements of arrays
/// by `id`, by `name` or by number: endpoints.cache.weight. Keys that are known and missing are
/// made. `number` marks what was set. Returns why it cannot be applied. REQUIRES: is_assignment().
[[nodiscard]] std::optional<std::string>
apply_set(node& tree, object_rule const& rule, std::string_view assignment, std::uint32_t number);

/// Stretches stages and fault windows so that the run takes `length`: durations and offsets in
/// `tree` are rewritten in proportion, those of `model` being what they are now. Returns why it
/// cannot be done.
[[nodiscard]] std::optional<std::string> apply_length(node& tree, scenario const& model,
                                                      duration length, std::uint32_t number);

} // namespace conecta::scenario
