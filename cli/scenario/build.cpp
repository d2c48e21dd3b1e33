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

bool is_open(node const& workload) {
  node const* const model = workload.find("model");
  return model != nullptr && model->text == "open";
}

std::uint64_t accepted_number(node const* value) {
  return value != nullptr && !value->refused ? value->whole.value_or(0) : 0;
}

/// So that no request that is under way is ever refused, unless the scenario wants it.
void derive_max_waiters(node& tree, node const& workload) {
  std::uint64_t most = pool_options{}.max_waiters;
  most = std::max(most, accepted_number(workload.find("max_in_flight")));
  if (node const* const stages = tree.find("stages")) {
    for (node const& stage : stages->items) {
      most = std::max(most, accepted_number(stage.find("workers")));
    }
  }
  if (node* const pool = tree.find("pool")) {
    add_missing(*pool, "max_waiters", number_node(most));
  }
}

/// Workers or the rate of the workload, for stages that say nothing of their own.
void derive_loads(node& tree, node const& workload) {
  std::string_view const key = is_open(workload) ? "rate" : "workers";
  node const* const usual = workload.find(key);
  node* const stages = tree.find("stages");
  if (usual == nullptr || stages == nullptr) {
    return;
  }
  node const copy = *usual;
  for (node& stage : stages->items) {
    if (stage.find("from") == nullptr && stage.find("to") == nullptr) {
      add_missing(stage, key, copy);
    }
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
                        .transport_known = {},
                        .model_known = false};
  assign(context.made.name, read_text(context.root["name"]));
  assign(context.made.seed, read_whole(context.root["seed"]));
  assign(context.made.invariants, read_boolean(context.root["invariants"]));
  build_endpoints(context);
  build_model(context);
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
  if (!is_open(*workload)) {
    add_missing(*workload, "workers", *max_size);
  }
  derive_loads(tree, *workload);
  derive_max_waiters(tree, *workload);
  if (node* const requests = workload->find("requests")) {
    for (std::size_t index = 0; index < requests->items.size(); ++index) {
      add_missing(requests->items[index], "name",
                  string_node("request-" + std::to_string(index + 1), {}));
    }
  }
}

} // namespace conecta::scenario
