#pragma once

// The parts of the tables of keys that refer to each other across files. What each key means stands
// in exchange_keys.cpp, endpoint_keys.cpp, fault_table.cpp and scenario_keys.cpp, and nowhere else.

#include "scenario/rules.hpp"

#include <cstdint>
#include <string_view>

namespace conecta::scenario {

inline constexpr std::uint64_t ten_years = 87'600ULL * 3'600 * 1'000'000'000;
inline constexpr std::uint64_t thirty_days = 720ULL * 3'600 * 1'000'000'000;
inline constexpr std::uint64_t mebibyte = 1ULL << 20;
inline constexpr std::uint64_t most_elements = 1000;

[[nodiscard]] constexpr key_rule unsupported(std::string_view name) {
  return {.name = name, .need = presence::later};
}

extern object_rule const payload_rule; ///< what is sent, where it is no text
extern object_rule const bytes_rule;   ///< the same without what differs each time
extern object_rule const http_rule; ///< a request of HTTP
extern object_rule const reply_rule;
extern object_rule const expect_rule;
extern object_rule const endpoint_rule;
extern object_rule const pool_rule;
extern object_rule const fault_rule; ///< what each type means: fault_table.hpp
extern object_rule const target_rule;

/// Of `conecta proxy`: without an endpoint.
[[nodiscard]] object_rule const& proxy_fault_rule();
/// The document that holds them.
[[nodiscard]] object_rule const& proxy_faults_rule();

} // namespace conecta::scenario
