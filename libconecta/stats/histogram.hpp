#pragma once

// A log-linear histogram of durations: every value from 1 ns to 1 h is kept to three significant
// digits, in memory that never grows. Laid out as HdrHistogram's (lowest 1, highest 3.6e12, digits
// 3), so that counts can be exchanged with it index by index. http://hdrhistogram.org
//
// Values above one hour are counted as one hour, and counted once more in `saturated()`; negative
// ones count as zero. Nothing is allocated after construction, and pages that no value falls into
// take no memory. A histogram that was moved from may only be destroyed or assigned to.
//
// Thread safety: as for a plain value. Record in one thread, or record in several and merge.

#include "stats/bucket_counts.hpp"
#include "stats/bucket_layout.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace conecta::stats {

class histogram {
 public:
  histogram() = default;
  histogram(histogram const& other) : histogram{} { merge(other); }
  histogram& operator=(histogram const& other);
  histogram(histogram&&) noexcept = default;
  histogram& operator=(histogram&&) noexcept = default;
  ~histogram() = default;

  void record(duration value) noexcept { record(value, 1); }
  void record(duration value, std::uint64_t times) noexcept;

  /// Adds everything that `other` has recorded.
  void merge(histogram const& other) noexcept;
  void reset() noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return total_; }
  [[nodiscard]] bool empty() const noexcept { return total_ == 0; }
  [[nodiscard]] std::uint64_t saturated() const noexcept { return saturated_; }

  // Of an empty histogram these are absent. The smallest and largest values are exact, the mean
  // and the (population) standard deviation are those of the bucket's middles.
  [[nodiscard]] std::optional<duration> min() const noexcept;
  [[nodiscard]] std::optional<duration> max() const noexcept;
  [[nodiscard]] std::optional<double> mean() const noexcept;
  [[nodiscard]] std::optional<double> stdev() const noexcept;

  /// The smallest value that at least `fraction` (0 to 1) of all values do not exceed, rounded up
  /// to the end of its bucket as HdrHistogram does, but never above max().
  [[nodiscard]] std::optional<duration> quantile(double fraction) const noexcept;

  /// How many values were at most `limit`, to the resolution of a bucket.
  [[nodiscard]] std::uint64_t count_up_to(duration limit) const noexcept;

  /// Calls visit(lowest, highest, count) for each bucket that is not empty, in ascending order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::size_t index = first_; index < last_; ++index) {
      if (counts_[index] != 0) {
        visit(duration{bucket_layout::lowest_at(index)}, duration{bucket_layout::highest_at(index)},
              counts_[index]);
      }
    }
  }

  /// The counts up to the highest index in use.
  [[nodiscard]] std::span<std::uint64_t const> counts() const noexcept {
    return {counts_.data(), last_};
  }
  /// Adds to one bucket, as when decoding: its ends stand for the smallest and largest value.
  /// REQUIRES: index < bucket_layout::bucket_count.
  void add_at(std::size_t index, std::uint64_t times) noexcept;

  friend bool operator==(histogram const& left, histogram const& right) noexcept;

 private:
  bucket_counts counts_;
  std::uint64_t total_ = 0;
  std::uint64_t saturated_ = 0;
  std::int64_t min_ = bucket_layout::highest_trackable;
  std::int64_t max_ = 0;
  // What lies outside [first_, last_) is zero: merging and reading touch no more than that.
  std::size_t first_ = ~std::size_t{0};
  std::size_t last_ = 0;
};

inline void histogram::record(duration value, std::uint64_t times) noexcept {
  auto ticks = value.count();
  if (ticks < 0) [[unlikely]] {
    ticks = 0;
  } else if (ticks > bucket_layout::highest_trackable) [[unlikely]] {
    ticks = bucket_layout::highest_trackable;
    saturated_ += times;
  }
  auto const index = bucket_layout::index_of(ticks);
  counts_[index] += times;
  total_ += times;
  min_ = ticks < min_ ? ticks : min_;
  max_ = ticks > max_ ? ticks : max_;
  first_ = index < first_ ? index : first_;
  last_ = index >= last_ ? index + 1 : last_;
}

} // namespace conecta::stats
