#pragma once

// A fault as a scenario describes it: what is done to one endpoint, and when. Pure data. What each
// type means stands in the scenario's table, scenario/fault_table.cpp.

#include <conecta/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace conecta::fault {

enum class fault_type : std::uint8_t {
  latency,
  bandwidth,
  slicer,
  stall,
  blackhole,
  reset,
  close,
  half_close,
  slow_close,
  refuse,
  accept_close,
  backlog_full,
  connect_delay,
  corrupt,
  truncate,
  extra_reply,
  loss,
  duplicate,
  reorder,
  port_closed,
  pause,
  kill,
  name,
  fd_limit,
  port_range,
  idle_disconnect,
  max_connections,
  slow_reply,
  error_reply,
  restart,
};

enum class distribution : std::uint8_t { uniform, normal, pareto };

/// Which connections a fault may touch, told by whether they are older than its window.
enum class affected : std::uint8_t { all, opened_during, opened_before };

enum class direction : std::uint8_t {
  downstream, ///< from the server to the client
  upstream,
  both,
};

/// For what `reset` and `close` draw whether they happen.
enum class drawn_per : std::uint8_t { connection, request };

/// What becomes of lookups of a host's name.
enum class resolution : std::uint8_t { missing, slow, changed };

/// The window opens `count` times, at each `every` after its start before.
struct repetition {
  duration every{};
  std::size_t count = 1;
  bool operator==(repetition const&) const = default;
};

/// Of a line with `burst`.
enum class line_state : std::uint8_t { good, bad };

/// Gilbert's model of losses in bursts: a chance to become bad, and one to become good again, each
/// drawn once a datagram. What comes while it is bad is lost.
struct burst_model {
  double p = 0;
  double r = 1;
  bool operator==(burst_model const&) const = default;
};

/// The length of a window that only its removal ends.
inline constexpr duration until_removed = std::chrono::hours{24 * 365 * 100};

struct fault_spec {
  std::string id;
  std::size_t endpoint = 0; ///< index of the scenario's endpoint
  fault_type type = fault_type::latency;
  std::string at;    ///< as written: "STAGE+OFFSET"
  duration start{};  ///< `at`, from the start of the run
  duration length{}; ///< the key `for`
  std::optional<repetition> repeat;
  double probability = 1.0;
  affected applies_to = affected::all;
  direction towards = direction::downstream;
  drawn_per per = drawn_per::connection;

  duration delay{};
  duration jitter{}; ///< half the width for uniform, the standard deviation for the others
  distribution spread = distribution::uniform;
  std::uint64_t rate = 0;      ///< bytes a second
  std::size_t queue = 0;       ///< bytes that wait for their turn
  std::size_t size = 0;        ///< bytes of a slice
  duration gap{};              ///< between two slices
  std::size_t behind = 1;      ///< reorder: how many datagrams overtake one
  std::size_t after_bytes = 0; ///< so many bytes of reply pass first
  std::size_t bits = 1;
  std::size_t bytes = 0; ///< what truncate leaves
  std::string send;
  std::optional<burst_model> burst;
  duration after{};            ///< idle_disconnect: of silence
  std::size_t connections = 0; ///< max_connections: the key `n`
  std::string code;            ///< error_reply: the protocol's own
  duration down{};             ///< restart: until the port is open again
  std::string written;         ///< as JSON, where faults can be listed

  std::string pid_file;
  resolution lookups = resolution::missing;
  std::string address;  ///< numeric: what changed lookups answer
  std::size_t left = 0; ///< descriptors or ports, in the window

  bool operator==(fault_spec const&) const = default;

  [[nodiscard]] std::size_t windows() const noexcept { return repeat ? repeat->count : 1; }
  /// When a window opens, told from 0, since the start of the run.
  [[nodiscard]] duration start_of(std::size_t window) const noexcept {
    return repeat ? start + repeat->every * static_cast<duration::rep>(window) : start;
  }
  /// From the start of the run to the end of the last window.
  [[nodiscard]] duration end() const noexcept { return start_of(windows() - 1) + length; }
  /// How long windows were open until then.
  [[nodiscard]] duration open_until(duration when) const noexcept {
    if (when <= start) {
      return {};
    }
    auto const whole = repeat ? (when - start) / repeat->every : 0;
    auto const last = std::min(static_cast<std::size_t>(whole), windows() - 1);
    return length * static_cast<duration::rep>(last) + std::min(when - start_of(last), length);
  }
  /// Which of the windows is open. One holds its start and not its end.
  [[nodiscard]] std::optional<std::size_t> window_at(duration when) const noexcept {
    if (when < start || when >= end()) {
      return std::nullopt;
    }
    auto const window = repeat ? (when - start) / repeat->every : 0;
    auto const into = when - start_of(static_cast<std::size_t>(window));
    return into < length ? std::optional{static_cast<std::size_t>(window)} : std::nullopt;
  }
};

[[nodiscard]] constexpr char const* name_of(fault_type type) noexcept {
  switch (type) {
  case fault_type::latency:
    return "latency";
  case fault_type::bandwidth:
    return "bandwidth";
  case fault_type::slicer:
    return "slicer";
  case fault_type::stall:
    return "stall";
  case fault_type::blackhole:
    return "blackhole";
  case fault_type::reset:
    return "reset";
  case fault_type::close:
    return "close";
  case fault_type::half_close:
    return "half_close";
  case fault_type::slow_close:
    return "slow_close";
  case fault_type::refuse:
    return "refuse";
  case fault_type::accept_close:
    return "accept_close";
  case fault_type::backlog_full:
    return "backlog_full";
  case fault_type::connect_delay:
    return "connect_delay";
  case fault_type::corrupt:
    return "corrupt";
  case fault_type::truncate:
    return "truncate";
  case fault_type::extra_reply:
    return "extra_reply";
  case fault_type::loss:
    return "loss";
  case fault_type::duplicate:
    return "duplicate";
  case fault_type::reorder:
    return "reorder";
  case fault_type::port_closed:
    return "port_closed";
  case fault_type::pause:
    return "pause";
  case fault_type::kill:
    return "kill";
  case fault_type::name:
    return "name";
  case fault_type::fd_limit:
    return "fd_limit";
  case fault_type::port_range:
    return "port_range";
  case fault_type::idle_disconnect:
    return "idle_disconnect";
  case fault_type::max_connections:
    return "max_connections";
  case fault_type::slow_reply:
    return "slow_reply";
  case fault_type::error_reply:
    return "error_reply";
  case fault_type::restart:
    return "restart";
  }
  return "unknown";
}

/// Who does it: the relay in front of the endpoint, the endpoint, or this process, to what neither
/// can reach.
enum class done_by : std::uint8_t {
  relay,
  target,   ///< the embedded server itself
  signal,   ///< to the server's process
  resolver, ///< to lookups of the endpoint's name
  limit,    ///< on what this process may have
};

[[nodiscard]] constexpr done_by doer_of(fault_type type) noexcept {
  switch (type) {
  case fault_type::pause:
  case fault_type::kill:
    return done_by::signal;
  case fault_type::name:
    return done_by::resolver;
  case fault_type::fd_limit:
  case fault_type::port_range:
    return done_by::limit;
  case fault_type::latency:
  case fault_type::bandwidth:
  case fault_type::slicer:
  case fault_type::stall:
  case fault_type::blackhole:
  case fault_type::reset:
  case fault_type::close:
  case fault_type::half_close:
  case fault_type::slow_close:
  case fault_type::refuse:
  case fault_type::accept_close:
  case fault_type::backlog_full:
  case fault_type::connect_delay:
  case fault_type::corrupt:
  case fault_type::truncate:
  case fault_type::extra_reply:
  case fault_type::loss:
  case fault_type::duplicate:
  case fault_type::reorder:
  case fault_type::port_closed:
    break;
  case fault_type::idle_disconnect:
  case fault_type::max_connections:
  case fault_type::slow_reply:
  case fault_type::error_reply:
  case fault_type::restart:
    return done_by::target;
  }
  return done_by::relay;
}

/// What happens while a connection is made, and so never to one that exists.
[[nodiscard]] constexpr bool meets_only_new(fault_type type) noexcept {
  return type == fault_type::refuse || type == fault_type::accept_close ||
         type == fault_type::backlog_full || type == fault_type::connect_delay ||
         type == fault_type::max_connections;
}

/// Else for a chunk, a datagram or a request.
[[nodiscard]] constexpr bool is_drawn_per_connection(fault_spec const& spec) noexcept {
  switch (spec.type) {
  case fault_type::bandwidth:
  case fault_type::slicer:
  case fault_type::blackhole:
  case fault_type::half_close:
  case fault_type::slow_close:
  case fault_type::refuse:
  case fault_type::accept_close:
  case fault_type::backlog_full:
  case fault_type::connect_delay:
  case fault_type::idle_disconnect:
  case fault_type::max_connections:
    return true;
  case fault_type::reset:
  case fault_type::close:
    return spec.per == drawn_per::connection;
  case fault_type::latency:
  case fault_type::stall:
  case fault_type::corrupt:
  case fault_type::truncate:
  case fault_type::extra_reply:
  case fault_type::loss:
  case fault_type::duplicate:
  case fault_type::reorder:
  case fault_type::port_closed:
  case fault_type::pause:
  case fault_type::kill:
  case fault_type::name:
  case fault_type::fd_limit:
  case fault_type::port_range:
  case fault_type::slow_reply:
  case fault_type::error_reply:
  case fault_type::restart:
    return false;
  }
  return false;
}

} // namespace conecta::fault
