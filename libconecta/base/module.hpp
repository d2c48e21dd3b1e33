#pragma once

// Parts of Conecta that need a library which most of its users do not: they are loaded when they
// are first needed, and never unloaded. Looked for beside the program (conecta-modules/), in
// ../lib/conecta from there, and where they were installed.
//
// Thread safety: any thread.

#include <string>
#include <string_view>
#include <variant>

namespace conecta {

/// Why a module cannot be used, as one phrase: "conecta was built without tls".
struct no_module {
  std::string reason;
};

/// The function `entry` of the module `name`, loaded at the first call.
[[nodiscard]] std::variant<void*, no_module> find_in_module(std::string_view name,
                                                            char const* entry);

} // namespace conecta
