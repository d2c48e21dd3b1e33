#pragma once

// A fault as a scenario describes it: what is done to one endpoint, and when. Pure data.

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace conecta::fault {

enum class fault_type : std::uint8_t {
  latency, ///< chunks and datagrams arrive later, in order on TCP
  reset,   ///< a real RST, live connections too
  refuse,  ///< the listener is closed
  loss,    ///< datagrams are dropped
};

enum class distribution : std::uint8_t { uniform, normal, pareto };

/// Which connections a fault may touch, told by whether they are older than its window.
enum class affected : std::uint8_t { all, opened_during, opened_before };

enum class direction : std::uint8_t {
  downstream, ///< from the server to the client
  upstream,
  both,
};

struct fault_spec {
  std::string id;
  std::size_t endpoint = 0; ///< index of the scenario's endpoint
  fault_type type = fault_type::latency;
  std::string at;    ///< as written: "STAGE+OFFSET"
  duration start{};  ///< `at`, from the start of the run
  duration length{}; ///< the key `for`
  double probability = 1.0;
  affected applies_to = affected::all;
  direction towards = direction::downstream;

  duration delay{};  ///< latency
  duration jitter{}; ///< latency: half the width for uniform, the deviation for normal
  distribution spread = distribution::uniform;
  std::size_t after_bytes = 0; ///< reset: this many bytes of reply pass first
};

[[nodiscard]] constexpr char const* name_of(fault_type type) noexcept {
  switch (type) {
  case fault_type::latency:
    return "latency";
  case fault_type::reset:
    return "reset";
  case fault_type::refuse:
    return "refuse";
  case fault_type::loss:
    return "loss";
  }
  return "unknown";
}

} // namespace conecta::fault
