#pragma once

// Asking endpoints whether they are ready, several at once: one connection each, and on it what the
// protocol of the URL begins with, or the exchange that the URL asks for. Without either a TCP
// endpoint is ready when it accepts. Over UDP silence and a closed port are the same: no answer; so
// is silence after a TCP question.
//
// Thread safety: probe_all runs to its end on the caller's thread, and makes no other where every
// host is numeric.

#include "net/channel.hpp"
#include "net/error_kind.hpp"
#include "net/establish.hpp"
#include "net/framing.hpp"
#include "net/url.hpp"
#include "protocol/conversation.hpp"

#include <conecta/time.hpp>

#include <chrono>
#include <cstddef>
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

/// How it is connected to.
struct probe_route {
  net::tls_options tls = {}; ///< where the URL is of TLS
  net::address_family only = net::address_family::any;
  std::optional<boost::asio::ip::address> at = {}; ///< of the host's addresses this one
  std::optional<duration> connect_within = {};     ///< to one address
  std::optional<boost::asio::ip::address> from = {};
  net::proxy_protocol announces = net::proxy_protocol::none;
};

inline constexpr std::size_t most_targets_at_once = 64; ///< others wait for their turn

struct probe_target {
  net::endpoint_url url;
  std::optional<probe_question> asks; ///< of a URL that names no protocol
  protocol::level depth = protocol::level::connect;
  probe_route by;
};

/// What holds for all targets that do not say otherwise.
struct probe_wishes {
  std::optional<protocol::level> depth = {}; ///< none: the most that the URL allows
  std::optional<std::string> password = {};
  probe_route by = {};
};

/// The target, or the reason why the URL is none, ready to follow `"...": `.
[[nodiscard]] std::variant<probe_target, net::url_error>
parse_target(std::string_view url, probe_wishes const& wishes = {});

/// The values are exit codes, the worst is the highest.
enum class readiness : std::uint8_t {
  ready,
  not_ready,
  no_answer,
  not_attempted,
  denied,         ///< it wants other credentials
  other_protocol, ///< what answers speaks something else
};

[[nodiscard]] std::string_view name_of(readiness value) noexcept;

/// Of several attempts, the median the lower of two.
struct probe_spread {
  unsigned as_wanted = 0;
  duration shortest{}, median{}, longest{};
};

/// Of --headroom: connections at once.
struct probe_headroom {
  unsigned asked = 0;
  unsigned held = 0;
};

/// Of the last attempt, but for the count and the total; of --count the worst attempt.
struct probe_finding {
  enum class patience : std::uint8_t { left, expired };

  std::string url; ///< as it may be shown: no secret
  std::string at;  ///< which of its addresses is meant; "": any
  readiness state = readiness::not_attempted;
  std::string reason;  ///< one word: an error's kind, or what the server said; "" when it is ready
  std::string detail;  ///< raw, may quote the peer
  std::string address; ///< the last one tried; "" if there was none
  std::string warning; ///< what is not well with what is ready: "slower than 50.0 ms"; "": nothing
  duration resolving{};
  duration connecting{};
  std::optional<duration> securing; ///< none without TLS
  /// The first certificate of the chain that does; none without TLS.
  std::optional<std::chrono::system_clock::time_point> certificate_expires;
  std::optional<duration> exchanging; ///< none where no question was sent
  duration took{};                    ///< the last attempt
  duration total{};                   ///< of all attempts and the waits between them
  unsigned attempts = 0;
  std::optional<probe_spread> spread; ///< of --count
  std::optional<probe_headroom> headroom;
  patience waiting = patience::left;
};

/// What stands for the target: its URL, and which of its addresses is meant.
[[nodiscard]] std::string title_of(probe_finding const& found);

/// No waiting changes it.
[[nodiscard]] bool is_permanent(probe_finding const& found) noexcept;

/// Which findings are a success.
struct probe_policy {
  readiness wanted = readiness::ready;    ///< or no_answer: that nobody is there
  std::optional<std::size_t> needed = {}; ///< so many targets must be found so; none: all
};

struct probe_limits {
  duration attempt = std::chrono::seconds{2}; ///< one attempt, from the name to the last byte
  duration between = std::chrono::milliseconds{200}; ///< attempts, where they are repeated
  double backoff = 1;                                ///< each time so much longer
  duration longest_between = std::chrono::seconds{5};
  unsigned successes = 1;                       ///< in a row, before a target is as wanted
  std::optional<unsigned> count = {};           ///< attempts of each, whatever they find; no wait
  std::optional<unsigned> headroom = {};        ///< connections that each has to take at once
  std::optional<duration> warn = {}, crit = {}; ///< of an attempt: a warning; not ready
  std::optional<duration> cert_warn = {}, cert_crit = {}; ///< what is left of a certificate
  std::size_t at_once = most_targets_at_once;
  bool each_address = false; ///< of the host of a URL is a target of its own
  bool warnings_fail = false;
  probe_policy policy = {};
  std::optional<duration> wait = {}; ///< tries again for so long; none: tries once
  std::function<void(probe_finding const&)> trying_again = {}; ///< is told what an attempt found
};

struct probe_findings {
  std::vector<probe_finding> all;    ///< one a target, in the order given
  std::optional<int> interrupted_by; ///< the number of a signal: then of what was found until then
};

/// Ends early once the policy has its answer. SIGINT and SIGTERM end it, too: it takes the first of
/// them, a second has its usual effect.
[[nodiscard]] probe_findings probe_all(std::vector<probe_target> const& targets,
                                       probe_limits const& limits);

/// The exit code of all together: 0 for a success, 1 for one with warnings if those fail; 128 and
/// the signal when it was interrupted; 124 when a wait expired that could have succeeded; the worst
/// otherwise. Where nobody was wanted, somebody who is ready is 1.
[[nodiscard]] int exit_code_of(probe_findings const& found, probe_limits const& limits) noexcept;

/// What the limits make of what is ready: a warning, or that it is not.
void weigh(probe_finding& found, probe_limits const& limits,
           std::chrono::system_clock::time_point now);

} // namespace conecta::command
