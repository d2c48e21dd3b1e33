#pragma once

// `conecta schema scenario`: what a scenario may hold, as a JSON Schema.

#include <CLI/App.hpp>

#include <functional>

namespace conecta::command {

/// Adds the command. When it is the one that was asked for, parsing sets `action` to what runs it
/// and returns the exit code. `action` outlives the parsing.
void add_schema(CLI::App& app, std::function<int()>& action);

} // namespace conecta::command
