#pragma once

// Writing to standard output or a file so that a full disk or a closed pipe is noticed, and whether
// a stream is a terminal that takes colours.

#include <string>
#include <string_view>

namespace conecta::command {

/// Writes all of `text` to `path`, "-" being standard output. Returns what the command leaves with:
/// `otherwise`, or cannot_write after the reason stands on standard error.
[[nodiscard]] int put(char const* command, std::string const& path, std::string_view text,
                      int otherwise);

/// Says on standard error what is in the way of writing, and returns cannot_write.
[[nodiscard]] int say_cannot_write(char const* command, std::string const& obstacle);

/// A check of an option that takes a path: an empty one is a variable that was not set.
[[nodiscard]] std::string refuse_empty(std::string const& path);

/// Whether both name the same file, which is there or not; pipes and devices are not files, and an
/// empty path names nothing. "-" is one with itself.
[[nodiscard]] bool is_one_file(std::string const& one, std::string const& other);

/// Why nothing could be written there later, as far as that can be told now; empty: nothing is
/// known to be in the way. Leaves everything as it is.
[[nodiscard]] std::string obstacle_to_writing(std::string const& path);

/// Whether a line can be written over there: a terminal, and TERM is not dumb.
[[nodiscard]] bool rewrites_lines(int descriptor);

/// Whether colours make sense there: it rewrites lines, and NO_COLOR is not set.
[[nodiscard]] bool takes_colours(int descriptor);

/// A pipe that is closed fails a write and ends nothing, and no socket becomes a standard stream
/// where that is closed: using it fails, too. To be called first.
void prepare_standard_streams() noexcept;

/// As they were before: SIGPIPE, SIGINT and SIGTERM. For who becomes another program.
void restore_signals() noexcept;

} // namespace conecta::command
