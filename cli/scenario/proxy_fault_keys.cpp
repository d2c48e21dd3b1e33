// The keys of a fault of `conecta proxy`: those of a scenario's, but nobody's in particular, and not of
// a run.

#include "scenario/fault_table.hpp"
#include "scenario/key_tables.hpp"

#include <array>
#include <vector>

namespace conecta::scenario {
namespace {

constexpr key_rule at_key{.name = "at",
                          .what = shape::duration,
                          .meaning = "when it begins, from the proxy's start or the request on",
                          .fallback = "\"0s\"",
                          .high = ten_years};

std::vector<std::string_view> relayed_names() {
  std::vector<std::string_view> names;
  for (auto const& row : fault_table()) {
    if (row.is_relayed()) {
      names.push_back(row.name());
    }
  }
  return names;
}

std::vector<key_rule> keys_without_endpoint() {
  static auto const types = relayed_names();
  std::vector<key_rule> made;
  for (auto key : fault_rule.keys) {
    if (key.name == "endpoint") {
      continue;
    }
    if (key.name == "type") {
      key.choices = types;
    } else if (key.name == "at") {
      key = at_key;
    } else if (key.name == "for") {
      key.meaning = "how long it lasts; without it until it is removed";
      key.need = presence::optional;
      key.none = nullable::means_none;
    }
    made.push_back(key);
  }
  return made;
}

} // namespace

object_rule const& proxy_fault_rule() {
  static auto const keys = keys_without_endpoint();
  static object_rule const rule{"a fault", keys, fault_rule.decided_by, {}, fault_rule.variants};
  return rule;
}

object_rule const& proxy_faults_rule() {
  static std::array const keys{key_rule{.name = "faults",
                                        .what = shape::objects,
                                        .meaning = "what is done to those who connect",
                                        .need = presence::required,
                                        .high = most_elements,
                                        .inner = &proxy_fault_rule()}};
  static object_rule const rule{"the faults of a proxy", keys, {}, {}};
  return rule;
}

} // namespace conecta::scenario
