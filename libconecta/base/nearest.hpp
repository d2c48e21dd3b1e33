#pragma once

// The known name that a mistyped one was meant to be, for messages. Pure; safe from any thread.

#include <optional>
#include <span>
#include <string_view>

namespace conecta {

/// The candidate with the fewest letters to change, if that is few enough to be what was meant.
[[nodiscard]] std::optional<std::string_view>
nearest_name(std::string_view name, std::span<std::string_view const> candidates);

} // namespace conecta
