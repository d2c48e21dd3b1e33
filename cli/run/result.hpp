#pragma once

// What a run found: the data behind `conecta.bench/1`, from which every report is made. Plain
// values without behaviour but for the few figures that are quotients of others. Nothing here
// knows how it was measured, or how it will be shown.
//
// Times are since the start of the run. What is unknown or undefined is absent, never zero.

#include "run/measurement.hpp"
#include "run/recovery.hpp"
#include "scenario/threshold.hpp"

#include <conecta/stats.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta::run {

struct pool_peaks {
  std::uint64_t live = 0;
  std::uint64_t leased = 0;
  std::uint64_t waiters = 0;
  friend bool operator==(pool_peaks const&, pool_peaks const&) = default;
};

/// What one pool, or several together, did in some time.
struct pool_figures {
  std::uint64_t opened = 0;
  std::uint64_t open_failed = 0;
  std::uint64_t closed = 0;
  counts_by_reason closed_by;
  counts_by_reason evicted_by;
  std::uint64_t acquired = 0;
  std::uint64_t returned = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t rejected = 0;
  std::uint64_t checks_ok = 0;
  std::uint64_t checks_failed = 0;
  std::uint64_t leaked = 0;
  std::optional<pool_peaks> peak; ///< absent where it was not observed

  // Opens and closes in the recorded time, and how long that was. They differ from the above at
  // the top of a result only, where the pool's figures include the warm-up.
  std::uint64_t churned = 0;
  duration churned_over{0};

  [[nodiscard]] std::uint64_t evicted() const noexcept;
  [[nodiscard]] std::optional<double> churn_per_s() const noexcept;
  /// The share of leases that needed no open.
  [[nodiscard]] std::optional<double> reuse_ratio() const noexcept;

  /// Sums everything but the peaks (the peak of a sum is not the sum of peaks) and the time.
  void add(pool_figures const& other) noexcept;
  friend bool operator==(pool_figures const&, pool_figures const&) = default;
};

/// What happened between two snapshots of the same pool. `elapsed` is the time between them. No
/// peak: a snapshot knows only the highest since the pool was built.
[[nodiscard]] pool_figures figures_between(pool_stats const& before, pool_stats const& after,
                                           duration elapsed) noexcept;

struct block {
  measurement measured;
  duration recorded{0};                 ///< the time over which rates are taken
  std::optional<std::uint64_t> offered; ///< requests that the schedule asked for; open model only
  pool_figures pool;

  [[nodiscard]] std::optional<double> rate_per_s() const noexcept; ///< of those that succeeded
  [[nodiscard]] std::optional<double> offered_per_s() const noexcept;
  [[nodiscard]] std::optional<double> error_ratio() const noexcept;
};

/// Counted at the sockets, over the whole run.
struct wire_counts {
  std::uint64_t connections_established = 0;
  std::uint64_t requests_sent = 0;
  std::uint64_t checks_sent = 0;
  std::uint64_t replies_received = 0;
  std::uint64_t datagrams_stale = 0;

  void add(wire_counts const& other) noexcept;
  friend bool operator==(wire_counts const&, wire_counts const&) = default;
};

struct stage_result {
  std::string name;
  enum class recording : std::uint8_t { recorded, warm_up } kept = recording::recorded;
  duration start{0};
  duration length{0};
  block figures;
};

struct endpoint_result {
  std::string id;
  std::string url; ///< as it may be shown: no secret
  block figures;
  wire_counts wire;
};

/// One stage on one endpoint: for thresholds that name both. Not part of a report.
struct cell_result {
  std::string stage;
  std::string endpoint;
  block figures;
};

struct fault_result {
  std::string id;
  std::string type;
  std::string endpoint;
  duration start{0};
  duration end{0};
  std::uint64_t injected = 0; ///< connections, requests, chunks or datagrams, as the type draws
  recovery recovered;
  block figures; ///< of the requests on its endpoint that began inside the window
  /// Of the same endpoint's requests that began outside of it, to set beside.
  std::optional<stats::histogram> total_outside;
};

struct threshold_result {
  scenario::threshold demanded;
  std::optional<double> observed; ///< in the metric's base unit
  enum class outcome : std::uint8_t { kept, broken, not_judged } judged = outcome::broken;
  std::string reason; ///< why it is not kept where the numbers alone do not say it

  [[nodiscard]] bool ok() const noexcept { return judged == outcome::kept; }
};

struct invariant_result {
  enum class status : std::uint8_t { held, violated, not_judged };
  std::string name;
  status judged = status::not_judged;
  std::string detail;
  std::string endpoint{}; ///< whose pool
};

[[nodiscard]] std::string_view name_of(invariant_result::status value) noexcept;

/// One second of the run.
struct series_point {
  duration at{0}; ///< its end
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::optional<duration> p50; ///< of the total, of those that ended in this second
  std::optional<duration> p99;
  double rate_per_s = 0;
  std::uint64_t idle = 0;
  std::uint64_t leased = 0;
  std::uint64_t opening = 0;
  std::uint64_t waiters = 0;
  std::uint64_t opened = 0;  ///< in this second
  std::uint64_t closed = 0;  ///< in this second
  std::optional<double> cpu; ///< of one processor, this process alone
  std::optional<duration> lag_p99;
};

/// How the tool itself fared: whether its figures can be believed.
struct self_figures {
  std::optional<double> cpu_ratio;
  stats::histogram schedule_lag;
  std::vector<std::string> warnings;
};

struct tool_info {
  std::string name = "conecta";
  std::string version;
};

struct host_info {
  std::string system; ///< "Linux 6.1.0"
  std::string machine;
  unsigned cpus = 0;
};

enum class verdict : std::uint8_t { pass, fail, incomplete };
[[nodiscard]] std::string_view name_of(verdict value) noexcept;

enum class completion : std::uint8_t {
  complete,
  interrupted,
  nothing_reached, ///< not one open succeeded; on UDP without a check, not one reply came
};

struct result {
  std::string scenario_name;
  std::string scenario_json; ///< resolved, without secrets; empty: none
  std::uint64_t seed = 0;
  std::string started_at; ///< "2025-01-31T12:00:00Z"
  duration length{0};     ///< of the whole run, warm-up and drain included
  block total;            ///< recorded stages; its pool and wire: the whole run
  wire_counts wire;
  std::vector<stage_result> stages;
  std::vector<endpoint_result> endpoints;
  std::vector<cell_result> cells;
  std::vector<fault_result> faults;
  std::vector<threshold_result> thresholds;
  std::vector<invariant_result> invariants;
  std::vector<series_point> series;
  self_figures self;
  completion ended = completion::complete;
  verdict judged = verdict::incomplete; ///< until judge() has been called
  tool_info tool;
  host_info host;
};

} // namespace conecta::run
