#pragma once

// What is said between a run and its far process: structs as they lie in memory, since both are the
// same program, each in a message of its own (SOCK_SEQPACKET).

#include "wire/address.hpp"

#include <conecta/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace conecta::run {

struct far_question {
  enum class about : std::uint8_t { begin, forget, stop } what = about::begin;
  std::uint32_t endpoint = 0;
  instant origin{};       ///< begin: steady_clock is the machine's, not a process's
  wire::address client{}; ///< forget
};

/// The first that is said, by the far process: one for each endpoint, or one failure.
struct far_start {
  enum class how : std::uint8_t { started, unknown_host, system_error, other_error };
  how went = how::started;
  bool has_server = false;
  bool has_relay = false;
  wire::address server{};
  wire::address relay{};
  int code = 0;                 ///< of the system's error
  std::array<char, 400> text{}; ///< of the failure, ends with a zero
};

// A question is answered by numbers: the four of the relay's tally in their order, then injected()
// of each fault of the scenario. They are exact in the answer to stop.
inline constexpr std::size_t tally_numbers = 4;

static_assert(std::is_trivially_copyable_v<far_question>);
static_assert(std::is_trivially_copyable_v<far_start>);

} // namespace conecta::run
