#pragma once

// What threads did to a pool, and what its core did meanwhile, held against each other. Thread
// safety: an order_of_the_core is written under its pool's lock; the rest is for one thread, after
// the others have ended.

#include "driver/history.hpp"

#include <conecta/error.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace conecta::test {

/// One event of the core.
struct core_step {
  instant at;
  std::thread::id by;
  core::event what;
  driver::core_answer answer;
  std::vector<core::action> actions;
};

class order_of_the_core final : public driver::history {
 public:
  void begins(pool_options const& options, core::hooks_present hooks, std::uint64_t seed,
              instant now) override;
  void happened(instant now, core::event const& what, driver::core_answer const& answer,
                core::action_list const& actions) override;

  pool_options options;
  core::hooks_present hooks;
  std::uint64_t seed = 0;
  instant beginning;
  std::vector<core_step> steps;
};

/// One call, as the thread saw that made it.
struct operation {
  enum class kind : std::uint8_t {
    acquire,
    release,
    discard,
    detach,
    add,
    resize,
    invalidate,
    evict_idle,
    suspend,
    resume,
  };
  kind what;
  instant start;
  instant end;
  error_code refused = {};  ///< of an acquire
  int resource = 0;         ///< of an acquire: the number of what was lent
  std::size_t of_lease = 0; ///< of the end of a lease: the operation that began it
};

struct account_of_a_thread {
  std::thread::id who;
  std::vector<operation> operations;
  instant ended = never; ///< another thread may have its number afterwards
};

// The first thing that is wrong, as text; none if all is well.

/// The core's events, in its own order, played to the core again and to the slow model.
[[nodiscard]] std::optional<std::string> disagreement_with_model(order_of_the_core const& core);
/// Every call had its effect in the core between its start and its end, and the answer that the
/// core gave; and the core was told of nothing else.
[[nodiscard]] std::optional<std::string>
effect_out_of_place(order_of_the_core const& core, std::vector<account_of_a_thread> const& all);
/// No resource was held by two at once, by the threads' own clocks.
[[nodiscard]] std::optional<std::string>
shared_resource(std::vector<account_of_a_thread> const& all);

} // namespace conecta::test
