#pragma once

// What all that is read from a file shares: its text, and the mistakes in it as lines to print.

#include "scenario/load.hpp"
#include "scenario/problem.hpp"

#include <string>
#include <variant>
#include <vector>

namespace conecta::scenario {

/// `path` may be "-": standard input. Refused where there is no text.
[[nodiscard]] std::variant<std::string, problems> read_all(std::string const& path);

/// `name` stands for the file, and `origins` are what the command line's overrides are called. Where
/// all mistakes are of the command line, `why` is usage.
[[nodiscard]] problems told(refusal why, problem_list const& found, std::string const& name,
                            std::vector<std::string> const& origins);

} // namespace conecta::scenario
