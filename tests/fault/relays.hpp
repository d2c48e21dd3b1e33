#pragma once

// What the tests of the relays share: a fault in a few words, and a relay in front of an echo.

#include "fault/relay.hpp"
#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conecta::support {

using namespace std::chrono_literals;

/// A window that is open for as long as the test needs.
inline fault::fault_spec fault_of(fault::fault_type type, duration start = 0s,
                                  duration length = 1h) {
  fault::fault_spec spec;
  spec.id = fault::name_of(type);
  spec.type = type;
  spec.start = start;
  spec.length = length;
  return spec;
}

inline target::target_options udp_echo_options() {
  target::target_options options;
  options.kind = target::target_kind::udp_echo;
  return options;
}

inline std::unique_ptr<target::server> start_udp_echo() {
  return target::start(udp_echo_options());
}

inline std::unique_ptr<fault::relay> tcp_relay(wire::address const& upstream,
                                               std::vector<fault::fault_spec> const& faults = {},
                                               wire::family version = wire::family::ipv4) {
  return fault::start_tcp_relay(
      {upstream, fault::plan{faults, 0, 7}, wire::address::loopback(version)});
}

inline std::unique_ptr<fault::relay> udp_relay(wire::address const& upstream,
                                               std::vector<fault::fault_spec> const& faults = {},
                                               wire::family version = wire::family::ipv4) {
  return fault::start_udp_relay(
      {upstream, fault::plan{faults, 0, 7}, wire::address::loopback(version)});
}

inline bool has_opened(fault::relay const& relay, std::size_t fault = 0) {
  return eventually([&] { return relay.windows()[fault].opened.has_value(); });
}

inline bool has_closed(fault::relay const& relay, std::size_t fault = 0) {
  return eventually([&] { return relay.windows()[fault].closed.has_value(); });
}

/// Begins the run, and returns when the first fault's window is open.
inline bool begin_and_open(fault::relay& relay) {
  relay.begin(now());
  return has_opened(relay);
}

inline duration quantile(std::vector<duration> all, double fraction) {
  std::ranges::sort(all);
  return all[static_cast<std::size_t>(fraction * static_cast<double>(all.size() - 1))];
}

/// A bound on how late something may be holds for the code, not for a machine that is busy with
/// something else: it has to be met in one of some attempts.
inline bool in_a_quiet_moment(std::function<bool()> const& attempt) {
  constexpr int attempts = 12;
  for (int i = 0; i < attempts; ++i) {
    if (attempt()) {
      return true;
    }
  }
  return false;
}

} // namespace conecta::support
