#pragma once

// Asking endpoints whether they are ready, several at once: one connection each, and on it the
// exchange that the URL asks for. Without a question a TCP endpoint is ready when it accepts.
// Over UDP silence and a closed port are the same: no answer; so is silence after a TCP question.
//
// Thread safety: probe_all runs to its end on the caller's thread, and makes no other where every
// host is numeric.

#include "net/error_kind.hpp"
#include "net/framing.hpp"
#include "net/url.hpp"

#include <conecta/time.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace conecta::command {

/// What the `send` and `expect` of a URL ask.
struct probe_question {
  std::string send;
  net::reply_framing reply;
  net::expectation expect;
};

struct probe_target {
  net::endpoint_url url;
  std::optional<probe_question> asks;
};

/// The target, or the reason why the URL is none, ready to follow `"...": `.
[[nodiscard]] std::variant<probe_target, net::url_error> parse_target(std::string_view url);

/// The values are exit codes.
enum class readiness : std::uint8_t { ready, not_ready, no_answer, not_attempted };

[[nodiscard]] std::string_view name_of(readiness value) noexcept;

/// Of the last attempt, but for the count and the total.
struct probe_finding {
  enum class patience : std::uint8_t { left, expired };

  std::string url; ///< as it may be shown: no secret
  readiness state = readiness::not_attempted;
  std::optional<net::error_kind> reason; ///< none when it is ready
  std::string detail;                    ///< raw, may quote the peer
  std::string address;                   ///< the last one tried; "" if there was none
  duration resolving{};
  duration connecting{};
  std::optional<duration> exchanging; ///< none where no question was sent
  duration total{};                   ///< of all attempts and the waits between them
  unsigned attempts = 0;
  patience waiting = patience::left;
};

struct probe_limits {
  duration attempt = std::chrono::seconds{2}; ///< one attempt, from the name to the last byte
  std::optional<duration> wait = {};          ///< tries again for so long; none: tries once
  std::function<void(probe_finding const&)> trying_again = {}; ///< is told what an attempt found
};

/// One finding a target, in the order given.
[[nodiscard]] std::vector<probe_finding> probe_all(std::vector<probe_target> const& targets,
                                                   probe_limits const& limits);

/// The exit code of all together: 124 when a wait expired, else the worst.
[[nodiscard]] int exit_code_of(std::vector<probe_finding> const& findings) noexcept;

} // namespace conecta::command
