#pragma once

// How long an endpoint took to be itself again after a fault.
//
// The baseline is the 2 s before the fault: its share of successes and the p90 of their total
// latency. After the window's end time is cut into buckets of 100 ms by the requests' intended
// start; one is good if its share of successes is at most 1 % below the baseline's and its p90
// at most max(1.5 x baseline, baseline + 5 ms); an empty one is not. The endpoint recovered at the
// first of five good buckets in a row.
//
// Pure but for the recorder, whose memory is constant however long the run. Not thread-safe.

#include "stats/histogram.hpp"

#include <conecta/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace conecta::run {

inline constexpr duration recovery_bucket = std::chrono::milliseconds{100};
inline constexpr duration baseline_span = std::chrono::seconds{2};
inline constexpr std::uint64_t baseline_min_requests = 200;
inline constexpr std::size_t good_buckets_needed = 5;

struct recovery_baseline {
  std::uint64_t requests = 0;
  double success_ratio = 0;
  duration p90{0};
  friend bool operator==(recovery_baseline const&, recovery_baseline const&) = default;
};

/// Absent `after`: not recovered, or not judged; `reason` says which.
struct recovery {
  std::optional<duration> after; ///< from the window's end
  std::optional<recovery_baseline> baseline;
  std::string reason;
};

/// What happened to the requests that should have begun in one bucket.
struct recovery_sample {
  std::uint64_t requests = 0;
  std::uint64_t succeeded = 0;
  std::optional<duration> p90; ///< of those that succeeded
};

/// The slowest p90 that still counts as recovered.
[[nodiscard]] duration recovered_p90(recovery_baseline const& baseline) noexcept;

[[nodiscard]] bool is_good(recovery_baseline const& baseline,
                           recovery_sample const& bucket) noexcept;

/// Judges buckets in order, beginning at the window's end.
class recovery_streak {
 public:
  explicit recovery_streak(recovery_baseline const& baseline) noexcept : baseline_{baseline} {}

  void judge(recovery_sample const& bucket) noexcept;
  /// The first bucket of the first streak that was long enough.
  [[nodiscard]] std::optional<std::size_t> recovered_at() const noexcept { return recovered_at_; }

 private:
  recovery_baseline baseline_;
  std::size_t judged_ = 0;
  std::size_t good_in_a_row_ = 0;
  std::optional<std::size_t> recovered_at_;
};

[[nodiscard]] std::optional<std::size_t> first_recovered(recovery_baseline const& baseline,
                                                         std::span<recovery_sample const> buckets);

/// Counts of latencies in steps of 6 %, 1 us to 67 s: enough for a p90, in 1.7 kB.
class coarse_sketch {
 public:
  void record(duration value) noexcept;
  void merge(coarse_sketch const& other) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return total_; }
  /// The middle of the step in which the quantile lies.
  [[nodiscard]] std::optional<duration> quantile(double fraction) const noexcept;

 private:
  static constexpr std::size_t steps_per_octave = 16;
  static constexpr std::size_t octaves = 26;
  std::array<std::uint32_t, steps_per_octave * octaves> counts_{};
  std::uint64_t total_ = 0;
};

enum class request_outcome : std::uint8_t { succeeded, failed };

/// Watches one fault's endpoint. Requests may be recorded in any order of their intended start as
/// long as none is more than `longest_request` older than the newest; older ones are not counted.
class recovery_recorder {
 public:
  static constexpr duration longest_request = std::chrono::seconds{60};

  /// The fault's window, on the clock of `record`'s intended starts.
  recovery_recorder(instant window_start, instant window_end);

  void record(instant intended_start, duration total, request_outcome outcome);

  /// To be called when every request has ended. Only buckets that ended before `load_end`, the
  /// moment after which no request was meant to begin, are judged.
  [[nodiscard]] recovery finish(instant load_end) const;

 private:
  struct bucket {
    std::uint64_t requests = 0;
    coarse_sketch succeeded;
    [[nodiscard]] recovery_sample sample() const noexcept;
  };

  [[nodiscard]] std::optional<recovery_baseline> baseline() const noexcept;
  void judge_oldest();

  instant start_;
  instant end_;
  std::uint64_t baseline_requests_ = 0;
  stats::histogram baseline_succeeded_;
  std::vector<bucket> ring_; ///< bucket n is at n % ring_.size()
  std::size_t oldest_ = 0;   ///< the first bucket that is not judged yet
  std::optional<recovery_streak> streak_;
};

} // namespace conecta::run
