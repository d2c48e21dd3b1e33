#pragma once

// What the parts of build share while one scenario is read: the model so far, the names in it and
// the mistakes found. One thread, one scenario.

#include "scenario/model.hpp"
#include "scenario/reading.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::scenario {

// The names of one kind of thing: unique, and found again by those that refer to them. Of things
// with a mistake the index may be of a half-read one, which nobody uses.
struct name_index {
  std::map<std::string, std::size_t, std::less<>> places;
  std::vector<std::string_view> in_order;
  bool complete = true;
};

struct build_context {
  located root;
  problem_list& problems;
  scenario made;
  name_index endpoints;
  name_index stages;
  name_index faults;
  std::vector<bool> transport_known; ///< of each endpoint
  bool model_known = false;          ///< the workload's

  void refuse(located const& at, std::string text) {
    problems.add(at->where, at.pointer, std::move(text));
  }

  /// Enters the name of the `index`-th thing, or says that it is taken.
  void enter(name_index& names, located const& name, std::size_t index);

  /// The place of the thing called so, or says that there is none. `noun` is "endpoint".
  [[nodiscard]] std::optional<std::size_t> look_up(name_index const& names, located const& name,
                                                   std::string_view noun);
};

// In this order: each refers to what those before it read.
void build_endpoints(build_context& context);
void build_model(build_context& context);
void build_stages(build_context& context);
void build_workload(build_context& context);
void build_faults(build_context& context);
void build_sim(build_context& context);
void build_thresholds(build_context& context);

} // namespace conecta::scenario
