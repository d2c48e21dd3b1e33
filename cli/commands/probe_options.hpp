#pragma once

// The options of `conecta probe`: as they are given, and what they mean.

#include "commands/exit_code.hpp"
#include "commands/probe_formats.hpp"
#include "commands/probing.hpp"
#include "commands/secret.hpp"

#include <conecta/time.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conecta::command {

struct probe_given {
  std::vector<std::string> urls;
  std::string level;
  std::string timeout = "2s";
  std::optional<std::string> connect_timeout;
  net::address_family only = net::address_family::any;
  bool each_address = false;
  std::optional<std::string> source;
  net::proxy_protocol announces = net::proxy_protocol::none;
  std::optional<std::string> wait;
  std::string interval = "200ms";
  double backoff = 1;
  std::string longest_interval = "5s";
  unsigned successes = 1;
  std::optional<unsigned> count;
  std::optional<unsigned> headroom;
  std::optional<std::string> warn, crit, cert_warn, cert_crit;
  bool warnings_fail = false;
  std::string file; ///< of more URLs
  secret_source password;
  net::tls_options tls;
  bool all = false;
  bool any = false;
  std::optional<std::size_t> quorum;
  bool invert = false;
  bool quiet = false;
  std::string format = "human";
  std::optional<std::string> style; ///< none: the format's own
  std::string to = "-";
  std::optional<std::vector<std::string>> command; ///< to become where all is well
};

// What the options that take a word may say.
inline constexpr std::array probe_format_names{std::pair{"human", probe_format::human},
                                               std::pair{"json", probe_format::json},
                                               std::pair{"jsonl", probe_format::jsonl},
                                               std::pair{"nagios", probe_format::nagios},
                                               std::pair{"prometheus", probe_format::prometheus},
                                               std::pair{"junit", probe_format::junit},
                                               std::pair{"tap", probe_format::tap}};
inline constexpr std::array exit_style_names{
    std::pair{"conecta", exit_style::conecta}, std::pair{"nagios", exit_style::nagios},
    std::pair{"docker", exit_style::docker}, std::pair{"boolean", exit_style::boolean}};

inline constexpr std::array level_names{std::pair{"connect", protocol::level::connect},
                                        std::pair{"handshake", protocol::level::handshake},
                                        std::pair{"auth", protocol::level::auth},
                                        std::pair{"query", protocol::level::query}};

/// None: not given.
template <class Value, std::size_t Count>
std::optional<Value> named(std::array<std::pair<char const*, Value>, Count> const& all,
                           std::string const& name) {
  for (auto const& [each, value] : all) {
    if (name == each) {
      return value;
    }
  }
  return std::nullopt;
}

/// What was understood of them; says on standard error what was not.
class probe_reader {
 public:
  explicit probe_reader(probe_given const& options) : options_{options} {}

  [[nodiscard]] bool understood() const noexcept { return understood_; }
  /// What to leave with if not.
  [[nodiscard]] exit_code wrong() const noexcept { return wrong_; }
  /// False: it was given, and there is none.
  [[nodiscard]] bool read_password();
  [[nodiscard]] std::vector<probe_target> targets();
  [[nodiscard]] probe_limits limits();

 private:
  duration time(char const* option, std::string const& text);
  std::optional<duration> time(char const* option, std::optional<std::string> const& text);
  std::optional<duration> age(char const* option, std::optional<std::string> const& text);
  [[nodiscard]] probe_route route();
  void refuse_tls_without_effect(std::vector<probe_target> const& targets);
  void refuse(std::string const& why);

  probe_given const& options_;
  std::optional<std::string> password_;
  bool understood_ = true;
  exit_code wrong_ = usage;
};

} // namespace conecta::command
