#pragma once

// A command line that goes on after "--": what is to be run in this process's place.

#include <optional>
#include <string>
#include <vector>

namespace conecta::command {

/// Takes what follows the first "--" of `probe`'s command line, and the "--", out of it.
/// None: there is no "--".
[[nodiscard]] std::optional<std::vector<std::string>> take_command(int& argc, char** argv);

/// Becomes the command: its standard input, process id and exit status are its own, and signals and
/// the limit of descriptors are as this process found them. Returns only where that cannot be: 127
/// for a command that is not there, 126 for one that cannot be run, after the reason stands on
/// standard error.
[[nodiscard]] int become(std::vector<std::string> const& command);

} // namespace conecta::command
