#pragma once

// The embedded TCP server: reads requests, and has them answered by a conversation of its protocol,
// at once or after a delay.

#include "target/server.hpp"

namespace conecta::target {

[[nodiscard]] std::unique_ptr<server> start_tcp(target_options const& options,
                                                wire::address const& at, fault::plan faults);

} // namespace conecta::target
