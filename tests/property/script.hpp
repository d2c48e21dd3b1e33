#pragma once

// A history as a few bytes: options, and commands that always mean something, whatever state they
// meet ("give back the lease number 3 of those that are out"). Random tests generate scripts and
// shrink them, the fuzzer reads its input as one, and both are played before the referee.
//
// Thread safety: none needed; plain values and pure functions.

#include "core/machine.hpp"
#include "property/referee.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace conecta::property {

/// How many values of `what` differ.
inline constexpr std::uint8_t kinds_of_command = 26;

/// Three bytes: what happens, to which of those it can happen to, and how much later.
struct command {
  std::uint8_t what = 0;
  std::uint8_t which = 0;
  std::uint8_t later = 0;
};

/// How many bytes the settings take.
inline constexpr std::size_t setting_count = 37;

struct script {
  std::array<std::uint8_t, setting_count> settings{};
  std::vector<command> commands;
};

/// The first bytes are settings, every three further ones a command; at most 4,096 commands.
[[nodiscard]] script script_from(std::span<std::uint8_t const> bytes);

/// What a script's settings mean: small numbers, so that everything happens within a few steps.
struct world {
  pool_options options;
  core::hooks_present hooks;
  std::uint64_t seed = 0;
};
[[nodiscard]] world world_from(std::array<std::uint8_t, setting_count> const& settings);

struct verdict {
  std::optional<std::string> complaint; ///< where machine and model disagreed, with the trace
  pool_stats stats;                     ///< of the machine, at the end
  std::size_t refused = 0;              ///< events about what was not so
  bool drained = false;
};

/// Stops at the first disagreement.
[[nodiscard]] verdict play(script const& that);

/// Closes the pool and answers whatever hook still runs; a complaint unless it ends drained.
[[nodiscard]] std::optional<std::string> finish(referee& game, instant now);

} // namespace conecta::property
