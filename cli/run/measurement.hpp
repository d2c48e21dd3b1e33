#pragma once

// What is recorded about requests: one cell for each (stage, endpoint), and one for each fault.
// The runner adds each request to its cell (and to the faults that it fell into); cells are summed
// when the run is over. Merging is associative and commutative but for the errors' details.
//
// A cell allocates its six histograms once, when it is made; what they do not use takes no memory.
// Thread safety: as for a plain value.

#include "run/error_table.hpp"
#include "stats/histogram.hpp"

#include <cstdint>

namespace conecta::run {

/// How long the parts of requests took. `open` and `check` are recorded where a request caused or
/// waited for none, too: they are the pool's work, counted where it was begun.
struct latencies {
  stats::histogram wait;              ///< from asking for a lease to having it, or to giving up
  stats::histogram open;              ///< to make a resource ready
  stats::histogram check;             ///< to ask one whether it is alive
  stats::histogram service;           ///< from the first byte sent to the reply's last
  stats::histogram total;             ///< from the intended start to the reply's last byte
  stats::histogram total_uncorrected; ///< from the real start; the same in the closed model

  void merge(latencies const& other) noexcept;
  void reset() noexcept;
};

struct request_counts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0; ///< never started
  std::uint64_t late = 0;    ///< of the started, those more than 1 ms after their intended start

  [[nodiscard]] std::uint64_t attempted() const noexcept { return succeeded + failed; }
  void merge(request_counts const& other) noexcept;
  friend bool operator==(request_counts const&, request_counts const&) = default;
};

struct measurement {
  latencies latency;
  request_counts requests;
  error_table errors;

  /// A request that failed: counted once, under its phase and kind.
  void record_failure(phase where, error_kind kind, std::string_view detail);
  void merge(measurement const& other);
  void reset();
};

} // namespace conecta::run
