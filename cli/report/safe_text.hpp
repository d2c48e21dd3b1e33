#pragma once

// Makes text from elsewhere (a server's reply, a file) safe to show: what comes out is printable
// UTF-8 on one line, and cannot move a cursor, change a colour, reorder or hide what is beside it.
// Pure; safe from any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace conecta::report {

/// Control characters become \n, \r, \t or \x1b, bytes that are not UTF-8 \xff, and characters
/// that reorder or hide text \u{202e}. All else stays as it is.
[[nodiscard]] std::string safe_text(std::string_view raw);

/// How many columns of a terminal safe text takes.
[[nodiscard]] std::size_t columns_of(std::string_view safe) noexcept;

/// Safe text cut to so many columns, with "..." at its end where something is missing.
[[nodiscard]] std::string fitted(std::string_view safe, std::size_t columns);

} // namespace conecta::report
