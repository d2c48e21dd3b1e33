#pragma once

// The URLs of a probe that stand in a file.

#include "commands/exit_code.hpp"

#include <string>
#include <variant>
#include <vector>

namespace conecta::command {

/// One that stands there, and where: "hosts.txt:3".
struct listed_url {
  std::string url;
  std::string place;
};

/// Why it cannot be read, and what a command leaves with.
struct unreadable {
  std::string reason;
  exit_code code = usage;
};

/// One a line, at most 100,000; what is empty or begins with # is left out. "-" is standard input.
[[nodiscard]] std::variant<std::vector<listed_url>, unreadable>
read_url_list(std::string const& path);

} // namespace conecta::command
