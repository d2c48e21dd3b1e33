#pragma once

// `conecta simulate SCENARIO`: the scenario's pools under a virtual clock, with simulated callers
// and an endpoint that fails by the scenario's "sim" block, seed after seed. `--replay TRACE` reads
// what a failure left behind.

#include <CLI/App.hpp>

#include <functional>

namespace conecta::command {

/// Adds the command. When it is the one that was asked for, parsing sets `action` to what runs it
/// and returns the exit code. `action` outlives the parsing.
void add_simulate(CLI::App& app, std::function<int()>& action);

} // namespace conecta::command
