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

[[nodiscard]] net::protocol spoken_at(endpoint_spec const& endpoint);
/// Whether a client library of a database holds its sessions.
[[nodiscard]] bool takes_statements(endpoint_spec const& endpoint);

/// Whether the request has one of the keys.
[[nodiscard]] bool is_of_a_protocol(located const& request);

/// Refuses, at `at`, what is no statement and goes to a server that takes nothing else. False then.
bool check_takes_bytes(located const& at, std::span<endpoint_spec const* const> to,
                       problem_list& problems);

/// The key `redis`, `http` or `sql` of a request that goes to these endpoints. Nothing where it has
/// a mistake. REQUIRES: one of the keys is there.
[[nodiscard]] std::optional<protocol_request>
read_protocol_request(located const& request, std::span<endpoint_spec const* const> to,
                      problem_list& problems);

} // namespace conecta::scenario
