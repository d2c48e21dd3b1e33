#pragma once

// What the commands that serve until they are told to stop have in common: the address to listen
// on, and the signal that ends it.

#include "wire/address.hpp"

#include <csignal>
#include <optional>
#include <string>

namespace conecta::command {

/// "127.0.0.1:8080", "[::1]:0", "localhost:80"; names but localhost are not resolved.
[[nodiscard]] std::optional<wire::address> parse_listen(std::string const& text);

/// Says on stderr that other machines can reach it, if they can.
void warn_if_exposed(char const* command, wire::address const& where);

/// From its making on SIGINT and SIGTERM wait for wait(). Threads that are started meanwhile leave
/// them to it.
class stop_signal {
 public:
  stop_signal();
  ~stop_signal();
  stop_signal(stop_signal const&) = delete;
  stop_signal& operator=(stop_signal const&) = delete;

  /// Returns when one came; the next one ends the process at once.
  void wait();

 private:
  sigset_t waited_for_{};
  sigset_t before_{};
};

} // namespace conecta::command
