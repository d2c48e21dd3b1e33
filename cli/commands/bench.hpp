#pragma once

// `conecta bench FILE` runs a scenario and reports; `conecta check FILE` only reads it, and prints
// what it means with every default filled in.

#include <CLI/App.hpp>

#include <functional>

namespace conecta::command {

/// Each adds its command. When it is the one that was asked for, parsing sets `action` to what runs
/// it and returns the exit code. `action` outlives the parsing.
void add_bench(CLI::App& app, std::function<int()>& action);
void add_check(CLI::App& app, std::function<int()>& action);

} // namespace conecta::command
