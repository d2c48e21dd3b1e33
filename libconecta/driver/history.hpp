#pragma once

// The core's own order of events, for whoever judges a pool from outside. A pool keeps none unless
// it was asked to when it was built.
//
// Thread safety: a history is called under the lock of its pool.

#include "core/machine.hpp"
#include "core/message.hpp"

#include <conecta/ids.hpp>
#include <conecta/options.hpp>
#include <conecta/time.hpp>

#include <cstdint>
#include <optional>

namespace conecta::driver {

/// What the core said to an event, beside its actions.
struct core_answer {
  core::receipt given = core::receipt::accepted;
  ticket caller = {};                    ///< of an acquire, or of a spurn
  std::optional<slot_ref> reserved = {}; ///< of a reserve
};

class history {
 public:
  virtual void begins(pool_options const& options, core::hooks_present hooks, std::uint64_t seed,
                      instant now) = 0;
  virtual void happened(instant now, core::event const& what, core_answer const& answer,
                        core::action_list const& actions) = 0;

 protected:
  ~history() = default;
};

/// Of the pools that this thread builds from now on; null: none is kept.
inline thread_local history* history_of_new_pools = nullptr;

inline core_answer as_answer(core::receipt given) { return {.given = given}; }
inline core_answer as_answer(ticket caller) { return {.caller = caller}; }
inline core_answer as_answer(std::optional<ticket> const& caller) {
  return {.given = caller ? core::receipt::accepted : core::receipt::refused,
          .caller = caller.value_or(ticket{})};
}
inline core_answer as_answer(std::optional<slot_ref> const& slot) {
  return {.given = slot ? core::receipt::accepted : core::receipt::refused, .reserved = slot};
}

} // namespace conecta::driver
