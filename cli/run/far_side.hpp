#pragma once

// What the pool of one endpoint connects to and what is not the pool's: the embedded server, the
// relay in front of it or of a live endpoint, or both. It runs in threads of this process, or in a
// process of its own (far_process).
//
// Thread safety: one thread.

#include "scenario/model.hpp"
#include "wire/address.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace conecta::run {

/// What became of those who came to the relay.
struct relay_tally {
  std::uint64_t turned_away = 0; ///< requests or connections that it had no room for
  std::uint64_t reached = 0;     ///< connections that went on to the server
  std::uint64_t unreachable = 0; ///< connections, or UDP clients, that the server did not take
  int first_obstacle = 0;        ///< to the first of these: an errno
};

class far_side {
 public:
  virtual ~far_side() = default;
  far_side(far_side const&) = delete;
  far_side& operator=(far_side const&) = delete;

  /// Of the embedded server, if there is one.
  [[nodiscard]] virtual std::optional<wire::address> server() const = 0;
  /// Of the relay, if there is one: it is what clients connect to.
  [[nodiscard]] virtual std::optional<wire::address> relay() const = 0;

  /// The run starts at `origin`. To be called once.
  virtual void begin(instant origin) = 0;
  /// UDP: this client's socket is about to be closed.
  virtual void forget(wire::address const& client) = 0;
  /// Takes in what has arrived and closes everything. The counts stay.
  virtual void stop() = 0;

  // Exact once it is stopped.

  /// How often a fault of the relay or of the server struck; 0 for others.
  [[nodiscard]] virtual std::uint64_t injected(std::string_view fault_id) const = 0;
  [[nodiscard]] virtual relay_tally relayed() const = 0;

 protected:
  far_side() = default;
};

/// Whether the endpoint has an embedded server, or faults of a relay.
[[nodiscard]] bool has_far_side(scenario::scenario const& what, std::size_t endpoint);

/// In threads of this process; null where the endpoint has none. Throws std::system_error where no
/// socket can be had, and unknown_host for a name that a relay cannot resolve.
[[nodiscard]] std::unique_ptr<far_side> start_far_side(scenario::scenario const& what,
                                                       std::size_t endpoint);

} // namespace conecta::run
