#pragma once

// The machine and the model side by side: every event goes to both, and everything that can be seen
// of the machine is held against the model: receipt, actions, statistics, next deadline, and the
// machine's own invariants. The order of the actions of one event is the machine's affair.
//
// Thread safety: none. Copyable, so that small worlds can branch.

#include "core/machine.hpp"
#include "property/model.hpp"

#include <optional>
#include <string>
#include <vector>

namespace conecta::property {

class referee {
 public:
  referee(pool_options const& options, core::hooks_present hooks, std::uint64_t seed, instant now);

  /// The first disagreement, as text; none if all is well.
  [[nodiscard]] std::optional<std::string> on(instant now, core::event const& what);

  [[nodiscard]] core::machine const& played() const { return machine_; }
  [[nodiscard]] model const& expected() const { return model_; }
  /// The latest generation that each slot was given.
  [[nodiscard]] std::vector<std::uint32_t> const& generations() const { return generations_; }

 private:
  struct reply {
    core::receipt given = core::receipt::accepted;
    ticket fresh;
    std::optional<slot_ref> reserved;
  };

  std::optional<std::string> compare(instant now, core::event const& what);
  reply play(instant now, core::event const& what, core::action_list& out);
  std::optional<std::string> same_actions(core::action_list const& actual);
  bool fits(foreseen const& expected, core::action const& actual);
  bool is_new_name(int about, slot_ref name);

  core::machine machine_;
  model model_;
  std::vector<std::uint32_t> generations_;
};

/// One line a field of `stats` in which the two differ.
[[nodiscard]] std::string differences(pool_stats const& expected, pool_stats const& actual);

} // namespace conecta::property
