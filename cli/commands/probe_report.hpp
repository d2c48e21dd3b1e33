#pragma once

// What a probe found, as text and as conecta.probe/1. Pure; what a peer sent is made safe here.

#include "commands/probing.hpp"

#include <string>
#include <vector>

namespace conecta::command {

/// One line a target.
[[nodiscard]] std::string probe_text(std::vector<probe_finding> const& findings);

/// One JSON document. Its keys are a contract: they are only ever added.
/// A line each.
[[nodiscard]] std::string probe_json_lines(std::vector<probe_finding> const& findings);
[[nodiscard]] std::string probe_json(std::vector<probe_finding> const& findings, int exit_code);

} // namespace conecta::command
