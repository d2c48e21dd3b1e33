#pragma once

// DNS: one question, over UDP, or over TCP with a length before each message. RFC 1035, RFC 7766.
//
// Costs the server a query, and its recursion where the name is not its own; its log a line only
// where queries are logged.

#include "protocol/conversation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::protocol {

struct dns_options {
  std::string name = {};     ///< "": the root
  std::uint16_t type = 2;    ///< of the record: NS
  level asks = level::query; ///< handshake: any answer to the question will do
  bool has_lengths = false;  ///< over TCP
  std::uint16_t id = 0;      ///< of the question, which its answer repeats
};

/// A datagram with another question's answer is passed over. An answer that did not fit into one is
/// unready, `truncated`: to be asked for again over TCP.
[[nodiscard]] std::unique_ptr<conversation> speak_dns(dns_options options);

/// "A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"
[[nodiscard]] std::optional<std::uint16_t> dns_type(std::string_view name) noexcept;
/// Whether it can be asked for: labels of at most 63 bytes, 253 on the whole.
[[nodiscard]] bool is_dns_name(std::string_view name) noexcept;

} // namespace conecta::protocol
