#pragma once

// The faults: one row a type, with its keys. What is parsed, what fits which endpoint, the schema
// and the table of docs/faults.md all come from here.

#include "fault/fault.hpp"
#include "scenario/rules.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace conecta::scenario {

enum class fault_carrier : std::uint8_t { tcp, udp, either };

/// What the endpoint must have.
enum class fault_needs : std::uint8_t { endpoint, own_sockets, url, host_name, target };

struct fault_row {
  fault::fault_type type = fault::fault_type::latency;
  fault_carrier carrier = fault_carrier::either;
  fault_needs needs = fault_needs::endpoint;
  std::string_view drawn_per = {}; ///< what its probability is drawn for: "chunk or datagram"
  std::string_view meaning = {};
  std::span<key_rule const> keys = {}; ///< beside the common ones, or in their place

  [[nodiscard]] constexpr std::string_view name() const noexcept { return fault::name_of(type); }
  /// Whether a relay alone does it.
  [[nodiscard]] constexpr bool is_relayed() const noexcept {
    return fault::doer_of(type) == fault::done_by::relay;
  }
  [[nodiscard]] bool fits_tcp() const noexcept { return carrier != fault_carrier::udp; }
  [[nodiscard]] bool fits_udp() const noexcept { return carrier != fault_carrier::tcp; }
};

[[nodiscard]] std::span<fault_row const> fault_table() noexcept;
[[nodiscard]] fault_row const& row_of(fault::fault_type type) noexcept;

/// A row as docs/faults.md has it: `| name | over | keys | drawn per | meaning |`.
[[nodiscard]] std::string markdown_row(fault_row const& row);

} // namespace conecta::scenario
