#pragma once

// The embedded UDP server: answers each datagram with itself, or with a fixed reply, at once or
// after a delay. At most 65,536 replies and 64 MiB wait for their time; what comes beyond is not
// answered.

#include "target/server.hpp"

namespace conecta::target {

[[nodiscard]] std::unique_ptr<server> start_udp_echo(target_options const& options,
                                                     wire::address const& at, fault::plan faults);

} // namespace conecta::target
