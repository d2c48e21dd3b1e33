#pragma once

// The options of TLS, for commands that connect.

#include "net/channel.hpp"

#include <CLI/App.hpp>

namespace conecta::command {

/// Where they stand in the help.
inline constexpr char const* tls_group = "TLS";

/// Adds --ca, --cert, --key, --sni and --insecure, which set `into` when the command line is
/// parsed.
void add_tls_options(CLI::App& to, net::tls_options& into);

} // namespace conecta::command
