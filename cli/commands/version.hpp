#pragma once

#include <string>

namespace conecta::command {

/// `conecta --version --json`, conecta.version/1: the version, and which modules can be loaded.
[[nodiscard]] std::string version_json(std::string const& version);

} // namespace conecta::command
