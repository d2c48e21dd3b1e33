#pragma once

// Reads a scenario: file or text in, a checked model or every mistake at once out.

#include "scenario/environment.hpp"
#include "scenario/model.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conecta::scenario {

/// What the command line says over the file.
struct overrides {
  std::vector<std::string> sets{};       ///< of --set: "PATH=JSON"
  std::optional<std::string> duration{}; ///< of --duration: "30s"; stages and faults in proportion
  std::optional<std::uint64_t> seed{};   ///< of --seed
};

/// Why there is no scenario. The value is the exit code.
enum class refusal : std::uint8_t {
  usage = 64,    ///< an override that cannot be applied
  bad_data = 65, ///< mistakes in the scenario
  no_input = 66, ///< missing, a directory, unreadable
};

struct problems {
  refusal why = refusal::bad_data;
  std::vector<std::string> messages; ///< one line each, safe to print: "FILE:LINE: /pointer: text"
};

using load_result = std::variant<scenario, problems>;

/// `path` may be "-": standard input.
[[nodiscard]] load_result load(std::string const& path, overrides const& changes,
                               environment const& lookup = process_environment());

/// `name` stands for the file in messages.
[[nodiscard]] load_result load_text(std::string_view text, std::string_view name,
                                    overrides const& changes, environment const& lookup);

using target_result = std::variant<target::target_options, problems>;

/// An embedded server outside a scenario: the value of the key "target" of an endpoint, told by its
/// kind and by "KEY=JSON" each.
[[nodiscard]] target_result load_target(std::string_view kind, std::vector<std::string> const& sets,
                                        environment const& lookup = process_environment());

} // namespace conecta::scenario
