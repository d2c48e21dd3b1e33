#pragma once

// Requests that a scenario writes in the terms of a protocol: what is sent, where the reply ends,
// and which reply is a success.

#include "scenario/exchange.hpp"

#include <optional>
#include <span>

namespace conecta::scenario {

struct protocol_request {
  workload::payload send;
  reply_spec reply;
};

/// The key `redis` or `http` of a request that goes to these endpoints. Nothing where it has a
/// mistake. REQUIRES: one of the keys is there.
[[nodiscard]] std::optional<protocol_request>
read_protocol_request(located const& request, std::span<endpoint_spec const* const> to,
                      problem_list& problems);

} // namespace conecta::scenario
