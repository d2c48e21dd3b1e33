#pragma once

// The core's own order of events, for tests that hold against it what threads saw. The pool keeps
// none, unless it is built with CONECTA_HISTORY, as those tests build it.
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

#ifdef CONECTA_HISTORY
inline constexpr bool keeps_history = true;
/// Of the pools that are built from now on.
inline history* history_of_new_pools = nullptr;
#else
inline constexpr bool keeps_history = false;
inline constexpr history* history_of_new_pools = nullptr;
#endif

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
