#pragma once

// What is read off the pools while a run goes on: the peaks of their sum, a point a second, and
// snapshots at the borders of stages and fault windows.
//
// Thread safety: one thread.

#include "run/recorder.hpp"
#include "run/result.hpp"
#include "run/service.hpp"

#include <memory>
#include <vector>

namespace conecta::run {

/// The pools' statistics at one moment, one for each endpoint.
using snapshot = std::vector<pool_stats>;

class sampler {
 public:
  sampler(std::vector<std::unique_ptr<service>> const& services, recorder& records, instant origin);

  [[nodiscard]] snapshot take() const;
  /// The sum of the pools' live, leased and waiters; often called, remembers the highest.
  void observe();
  /// Closes the second that ends now.
  series_point const& end_second(instant now);

  [[nodiscard]] pool_peaks peaks() const noexcept { return peaks_; }
  [[nodiscard]] std::vector<series_point> const& series() const noexcept { return series_; }

 private:
  void raise(pool_peaks const& seen);

  std::vector<std::unique_ptr<service>> const& services_;
  recorder& records_;
  instant origin_;
  instant second_began_;
  duration processor_time_;
  snapshot at_second_;
  pool_peaks peaks_;
  std::vector<series_point> series_;
};

/// User and system time that this process has used.
[[nodiscard]] duration processor_time();

} // namespace conecta::run
