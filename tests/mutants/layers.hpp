#pragma once

// The layers of proof that may catch a bug planted in the core, each as a function of the bug that
// is selected at the time. All of them are deterministic: the same bug is caught in the same place.
//
// Thread safety: none; core::planted_bug is one global.

#include "core/planted.hpp"
#include "sim/simulation.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace conecta::mutants {

struct planting {
  explicit planting(core::bug which) { core::planted_bug = which; }
  ~planting() { core::planted_bug = core::bug::none; }
  planting(planting const&) = delete;
  planting& operator=(planting const&) = delete;
};

/// Random histories before the model: how many it takes, 0 if 10,000 do not do.
[[nodiscard]] std::size_t histories_until_caught();

/// Of the first 300 of them, those in which the machine's own invariants say so, too.
[[nodiscard]] std::size_t histories_that_break_an_invariant();

/// The number of the first small world that does not go as it should, 0 for none.
[[nodiscard]] std::size_t world_that_catches();

/// Of the fuzzer's corpus: how many inputs fail.
[[nodiscard]] std::size_t inputs_that_catch();

struct finding {
  std::size_t seeds = 0; ///< of 400 that complain
  std::string what{};    ///< of the first
};

/// The simulator. Sampled, its books are nearly alone: invariants are looked at once in 64 events.
[[nodiscard]] finding seeds_that_catch(sim::inspection inspect);

} // namespace conecta::mutants
