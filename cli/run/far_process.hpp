#pragma once

// The embedded servers and relays of a run in a process of their own, so that what this process
// runs out of they do not. It is forked, and so knows the scenario; it is asked over a socket, one
// question at a time, and ends when that socket does, however this process ended. A terminal's
// signals do not reach it.
//
// Thread safety: one thread, which has none beside it when it makes one.

#include "run/far_side.hpp"
#include "scenario/model.hpp"
#include "wire/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace conecta::run {

/// Where a fault limits what this process may have, and for a server of more connections than a
/// process should share with its client.
[[nodiscard]] bool needs_far_process(scenario::scenario const& what);

class far_process {
 public:
  /// Starts all that the scenario has. Throws what start_far_side throws, and std::system_error
  /// where there can be no process.
  explicit far_process(scenario::scenario const& what);
  far_process(far_process const&) = delete;
  far_process& operator=(far_process const&) = delete;
  /// Waits for its end.
  ~far_process();

  /// As start_far_side. This process outlives it.
  [[nodiscard]] std::unique_ptr<far_side> side_of(std::size_t endpoint);

 private:
  class remote;

  struct addresses {
    std::optional<wire::address> server;
    std::optional<wire::address> relay;
  };

  void hear_of_start();

  scenario::scenario const& what_;
  wire::descriptor line_;
  pid_t id_ = 0;
  std::vector<addresses> sides_; ///< of each endpoint
};

} // namespace conecta::run
