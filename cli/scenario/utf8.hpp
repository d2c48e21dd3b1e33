#pragma once

// Whether a text is UTF-8.

#include <cstddef>
#include <optional>
#include <string_view>

namespace conecta::scenario {

/// The offset of the first byte that is no part of well-formed UTF-8.
[[nodiscard]] std::optional<std::size_t> first_bad_utf8(std::string_view text);

} // namespace conecta::scenario
