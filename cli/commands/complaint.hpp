#pragma once

// What commands say of input that is none.

#include "scenario/load.hpp"

namespace conecta::command {

/// Says why there is no scenario, on standard error, and returns what the command leaves with.
/// Mistakes in a file begin with their place in it, as a compiler's do; what is wrong with the
/// command line, and a file that cannot be read, with the command's name.
[[nodiscard]] int complain(char const* command, scenario::problems const& found);

} // namespace conecta::command
