#pragma once

// The embedded TCP server: reads requests framed by lines or by a number of bytes and answers each
// with itself, or with a fixed reply, at once or after a delay.

#include "target/server.hpp"

namespace conecta::target {

[[nodiscard]] std::unique_ptr<server> start_tcp_echo(target_options const& options,
                                                     wire::address const& at,
                                                     fault::plan faults);

} // namespace conecta::target
