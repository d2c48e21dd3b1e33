#pragma once

// A password that is not given on the command line, where every user of the machine could read it:
// it comes from a file, a descriptor or a variable of the environment.

#include <CLI/App.hpp>

#include <string>
#include <variant>

namespace conecta::command {

/// At most one is given.
struct secret_source {
  std::string file;
  int descriptor = -1;
  std::string variable;

  [[nodiscard]] bool given() const noexcept {
    return !file.empty() || descriptor >= 0 || !variable.empty();
  }
};

void add_secret_options(CLI::App& command, secret_source& into);

struct no_secret {
  std::string reason; ///< names the source, never what it holds
};

/// All of it but a line's end at its end; 1 byte to 64 KiB. A pipe is waited for, at most 10 s.
[[nodiscard]] std::variant<std::string, no_secret> read_secret(secret_source const& from);

/// Of what was typed where something else was expected: "redis://***@host" for a URL with a
/// password.
[[nodiscard]] std::string without_credentials(std::string text);

} // namespace conecta::command
