#pragma once

// What is sent and what must come back, read from a tree: of requests, checks and targets.

#include "scenario/model.hpp"
#include "scenario/reading.hpp"

#include <optional>
#include <string>

namespace conecta::scenario {

/// The payload of `send`.
[[nodiscard]] std::optional<workload::payload> read_payload(located const& from,
                                                            problem_list& problems);

/// A payload that is the same each time; templates and random bytes are refused.
[[nodiscard]] std::optional<std::string> read_fixed_bytes(located const& from,
                                                          problem_list& problems);

/// Which transports an exchange goes over.
struct transports {
  bool tcp = false;
  bool udp = false;
};

struct reply_spec {
  net::reply_framing framing = net::one_datagram{};
  net::expectation expect;
};

/// The keys `reply` and `expect` of `object`, for an exchange that sends at most `sent` bytes.
[[nodiscard]] std::optional<reply_spec> read_reply(located const& object, transports over,
                                                   std::size_t sent, problem_list& problems);

/// The key `expect`, or an expectation that everything meets where there is none.
[[nodiscard]] std::optional<net::expectation> read_expect(located const& from,
                                                          problem_list& problems);

/// Refuses what is sent in one datagram and is longer than one can be, over IPv4.
void check_datagram(located const& from, std::string_view bytes, problem_list& problems);

} // namespace conecta::scenario
