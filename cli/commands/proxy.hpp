#pragma once

// `conecta proxy`: a relay with faults alone, for other programs.

#include <CLI/App.hpp>

#include <functional>

namespace conecta::command {

/// Adds the command. When it is the one that was asked for, parsing sets `action` to what runs it
/// and returns the exit code. `action` outlives the parsing.
void add_proxy(CLI::App& app, std::function<int()>& action);

} // namespace conecta::command
