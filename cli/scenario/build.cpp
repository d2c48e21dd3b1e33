#include "scenario/build.hpp"

#include "scenario/build_context.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace conecta::scenario {
namespace {

void add_missing(node& object, std::string_view key, node value) {
  if (object.kind == value_kind::object && object.find(key) == nullptr) {
    value.where = object.where;
    object.members.push_back({std::string{key}, object.where, std::move(value)});
  }
}

node number_node(std::uint64_t value) {
  node made;
  made.kind = value_kind::number;
  made.text = std::to_string(value);
  made.real = static_cast<double>(value);
  made.whole = value;
  return made;
}

/// So that no worker of the closed model is ever refused, unless the scenario wants it.
void derive_max_waiters(node& tree) {
  std::uint64_t most = pool_options{}.max_waiters;
  if (node const* const stages = tree.find("stages")) {
    for (node const& stage : stages->items) {
      node const* const workers = stage.find("workers");
      most = std::max(most, workers != nullptr ? workers->whole.value_or(0) : 0);
    }
  }
  if (node* const pool = tree.find("pool")) {
    add_missing(*pool, "max_waiters", number_node(most));
  }
}

} // namespace

scenario build(node const& tree, problem_list& problems) {
  build_context context{.root = {&tree, {}},
                        .problems = problems,
                        .made = {},
                        .endpoints = {},
                        .stages = {},
                        .faults = {},
                        .transport_known = {}};
  assign(context.made.name, read_text(context.root["name"]));
  assign(context.made.seed, read_whole(context.root["seed"]));
  build_endpoints(context);
  build_stages(context);
  build_workload(context);
  build_faults(context);
  build_sim(context);
  build_thresholds(context);
  return std::move(context.made);
}

void derive_defaults(node& tree) {
  node const* const pool = tree.find("pool");
  node* const workload = tree.find("workload");
  node const* const max_size = pool != nullptr ? pool->find("max_size") : nullptr;
  if (workload == nullptr || max_size == nullptr) {
    return;
  }
  add_missing(*workload, "workers", *max_size);
  node const* const workers = workload->find("workers");
  if (node* const stages = tree.find("stages"); stages != nullptr && workers != nullptr) {
    node const copy = *workers;
    for (node& stage : stages->items) {
      add_missing(stage, "workers", copy);
    }
  }
  derive_max_waiters(tree);
  if (node* const requests = workload->find("requests")) {
    for (std::size_t index = 0; index < requests->items.size(); ++index) {
      add_missing(requests->items[index], "name",
                  string_node("request-" + std::to_string(index + 1), {}));
    }
  }
}

} // namespace conecta::scenario
