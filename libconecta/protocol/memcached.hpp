#pragma once

// memcached's text protocol: `version`.
// https://github.com/memcached/memcached/blob/master/doc/protocol.txt
//
// Costs the server one connection; no log line.

#include "protocol/conversation.hpp"

#include <memory>

namespace conecta::protocol {

[[nodiscard]] std::unique_ptr<conversation> speak_memcached();

} // namespace conecta::protocol
