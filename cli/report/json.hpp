#pragma once

// A result as `conecta.bench/1`. Its keys are a contract: they are only ever added. What is
// unknown is null; every number is finite; every text from elsewhere is made safe. Pure.

#include "run/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace conecta::report {

/// In the order of the contract.
[[nodiscard]] nlohmann::ordered_json to_json(run::result const& found);

/// The same as indented text with a newline at its end.
[[nodiscard]] std::string json_text(run::result const& found);

} // namespace conecta::report
