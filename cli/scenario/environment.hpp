#pragma once

// ${NAME} and ${NAME:-default} in the strings of a scenario; a literal `${` is written `$${`.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace conecta::scenario {

/// The value of a variable; nothing where it is not set.
using environment = std::function<std::optional<std::string>(std::string const& name)>;

/// That of this process.
[[nodiscard]] environment process_environment();

/// Why a text cannot be expanded.
struct not_expanded {
  std::string reason;
};

/// An empty variable counts as set unless it has a default, as in a shell.
[[nodiscard]] std::variant<std::string, not_expanded> expand(std::string_view text,
                                                             environment const& lookup);

/// Whether expanding could bring in what is not in the file.
[[nodiscard]] bool names_variable(std::string_view text) noexcept;

} // namespace conecta::scenario
