#pragma once

// `conecta probe URL...`: are these endpoints ready? Made for shell scripts: the exit code says it,
// one line a target explains it.

#include <CLI/App.hpp>

#include <functional>

namespace conecta::command {

/// Adds the command. When it is the one that was asked for, parsing sets `action` to what runs it
/// and returns the exit code. `action` outlives the parsing.
void add_probe(CLI::App& app, std::function<int()>& action);

} // namespace conecta::command
