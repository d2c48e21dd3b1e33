#pragma once

// Where a run's requests are counted: one cell for each stage and endpoint, one more for each fault
// whose window the request began in, the recovery of each fault, and the second that is passing.
//
// Memory is constant however long the run. Thread safety: one thread.

#include "run/measurement.hpp"
#include "run/recovery.hpp"
#include "scenario/model.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace conecta::run {

/// Of a request that begins later than this after its intended start, `late` tells.
inline constexpr duration late_after = std::chrono::milliseconds{1};

/// One request, from asking for a lease to its reply or its failure.
struct request_record {
  std::size_t stage = 0; ///< in which it started
  std::size_t endpoint = 0;
  instant intended{};              ///< its start; in the closed model the real one
  duration late_by{};              ///< its real start
  std::optional<duration> wait;    ///< none: it was refused at once, as the queue was full
  std::optional<duration> service; ///< none: nothing was exchanged
  duration total{};                ///< from the intended start
  duration total_uncorrected{};    ///< from the real one

  struct failure {
    phase where = phase::acquire;
    net::error_kind kind = net::error_kind::other;
    std::string_view detail;
  };
  std::optional<failure> failed;
};

class recorder {
 public:
  recorder(scenario::scenario const& what, instant origin);

  void record(request_record const& request);
  /// One that was due and never began.
  void record_dropped(std::size_t stage, std::size_t endpoint, instant intended);
  /// How late the load itself looked at a request that was due.
  void record_lag(std::size_t stage, duration lag);
  void record_open(std::size_t stage, std::size_t endpoint, duration took);
  void record_check(std::size_t stage, std::size_t endpoint, duration took);

  [[nodiscard]] measurement const& cell(std::size_t stage, std::size_t endpoint) const {
    return *cells_[stage * endpoints_ + endpoint];
  }

  struct fault_cell {
    fault_cell(fault::fault_spec const& what, instant run_starts)
        : spec{&what},
          origin{run_starts},
          recovery{origin + what.start, origin + what.end()} {}

    [[nodiscard]] bool covers(instant start) const noexcept {
      return spec->window_at(start - origin).has_value();
    }

    fault::fault_spec const* spec; ///< the scenario's
    instant origin;
    measurement inside;
    stats::histogram outside; ///< total latencies of the endpoint's other requests
    recovery_recorder recovery;
  };
  [[nodiscard]] std::vector<std::unique_ptr<fault_cell>> const& faults() const { return faults_; }

  /// What ended since the last call.
  struct second {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    std::optional<duration> p50;
    std::optional<duration> p99;
    std::optional<duration> lag_p99;
  };
  [[nodiscard]] second take_second();

  /// Of the stages that are recorded.
  [[nodiscard]] stats::histogram const& lag() const noexcept { return lag_; }

 private:
  static void add(measurement& to, request_record const& request);

  scenario::scenario const& what_;
  std::size_t endpoints_;
  std::vector<std::unique_ptr<measurement>> cells_;
  std::vector<std::unique_ptr<fault_cell>> faults_;
  stats::histogram second_totals_;
  std::uint64_t second_errors_ = 0;
  stats::histogram lag_;
  stats::histogram second_lag_;
};

} // namespace conecta::run
