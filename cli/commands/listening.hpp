#pragma once

// What the commands that serve until they are told to stop have in common: the address to listen
// on, the line that says where, and the signal that ends it.

#include "wire/address.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace conecta::command {

/// "127.0.0.1:8080", "[::1]:0", "localhost:80"; names but localhost are not resolved.
[[nodiscard]] std::optional<wire::address> parse_listen(std::string const& text);

/// Says on stderr that other machines can reach it, if they can.
void warn_if_exposed(char const* command, wire::address const& where);

/// Says on stderr that what was given for `option` is no address to listen on.
void refuse_address(char const* command, char const* option, std::string const& text);

/// Prints `what` to standard output; if that fails, says so on stderr.
[[nodiscard]] bool print_line(char const* command, nlohmann::ordered_json const& what);

/// From its making on SIGINT, SIGTERM and the others wait for wait(). Threads that are started
/// meanwhile leave them to it.
class stop_signal {
 public:
  explicit stop_signal(std::vector<int> others = {});
  ~stop_signal();
  stop_signal(stop_signal const&) = delete;
  stop_signal& operator=(stop_signal const&) = delete;

  /// Returns which one came. After SIGINT or SIGTERM the next one of these ends the process at
  /// once, and the others are ignored.
  int wait();

 private:
  std::vector<int> others_;
  sigset_t waited_for_{};
  sigset_t before_{};
};

} // namespace conecta::command
