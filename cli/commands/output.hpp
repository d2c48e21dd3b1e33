#pragma once

// Writing to standard output or a file so that a full disk or a closed pipe is noticed, and whether
// a stream is a terminal that takes colours.

#include <string>
#include <string_view>

namespace conecta::command {

/// Writes all of `text` to `path`, "-" being standard output; a reason if it could not.
[[nodiscard]] std::string write_all(std::string const& path, std::string_view text);

/// Why nothing could be written there later, as far as that can be told now; empty: nothing is
/// known to be in the way. Leaves everything as it is.
[[nodiscard]] std::string obstacle_to_writing(std::string const& path);

/// Whether escape sequences make sense there: a terminal, TERM is not dumb, NO_COLOR is not set.
[[nodiscard]] bool takes_colours(int descriptor);

} // namespace conecta::command
