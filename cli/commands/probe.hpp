#pragma once

// `conecta probe URL...`: are these endpoints ready? Made for shell scripts: the exit code says it,
// one line a target explains it.

#include <CLI/App.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace conecta::command {

/// Adds the command. When it is the one that was asked for, parsing sets `action` to what runs it
/// and returns the exit code. `action` outlives the parsing. `command` takes this process's place
/// where all is well (run_after.hpp).
void add_probe(CLI::App& app, std::function<int()>& action,
               std::optional<std::vector<std::string>> command = {});

} // namespace conecta::command
