#include "stats/histogram.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace conecta::stats {

using namespace bucket_layout;

static_assert(index_of(0) == 0);
static_assert(index_of(2047) == 2047);
static_assert(index_of(2048) == 2048 && index_of(2049) == 2048);
static_assert(lowest_at(index_of(1'000'000)) <= 1'000'000);
static_assert(highest_at(index_of(1'000'000)) >= 1'000'000);
static_assert(highest_at(bucket_count - 1) >= highest_trackable);

histogram& histogram::operator=(histogram const& other) {
  if (this != &other) {
    *this = histogram{other};
  }
  return *this;
}

bool operator==(histogram const& left, histogram const& right) noexcept {
  auto const mine = left.counts();
  auto const theirs = right.counts();
  return left.total_ == right.total_ && left.saturated_ == right.saturated_ &&
         left.min_ == right.min_ && left.max_ == right.max_ &&
         std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end());
}

void histogram::merge(histogram const& other) noexcept {
  for (std::size_t index = other.first_; index < other.last_; ++index) {
    counts_[index] += other.counts_[index];
  }
  total_ += other.total_;
  saturated_ += other.saturated_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  first_ = std::min(first_, other.first_);
  last_ = std::max(last_, other.last_);
}

void histogram::reset() noexcept {
  for (std::size_t index = first_; index < last_; ++index) {
    counts_[index] = 0;
  }
  total_ = 0;
  saturated_ = 0;
  min_ = highest_trackable;
  max_ = 0;
  first_ = ~std::size_t{0};
  last_ = 0;
}

std::optional<duration> histogram::min() const noexcept {
  return empty() ? std::nullopt : std::optional{duration{min_}};
}

std::optional<duration> histogram::max() const noexcept {
  return empty() ? std::nullopt : std::optional{duration{max_}};
}

std::optional<double> histogram::mean() const noexcept {
  if (empty()) {
    return std::nullopt;
  }
  double sum = 0;
  for (std::size_t index = first_; index < last_; ++index) {
    sum += static_cast<double>(counts_[index]) * static_cast<double>(middle_at(index));
  }
  // The middles of the outermost buckets may lie beyond what was recorded.
  return std::clamp(sum / static_cast<double>(total_), static_cast<double>(min_),
                    static_cast<double>(max_));
}

std::optional<double> histogram::stdev() const noexcept {
  auto const middle = mean();
  if (!middle) {
    return std::nullopt;
  }
  double sum = 0;
  for (std::size_t index = first_; index < last_; ++index) {
    auto const distance = static_cast<double>(middle_at(index)) - *middle;
    sum += static_cast<double>(counts_[index]) * distance * distance;
  }
  return std::sqrt(sum / static_cast<double>(total_));
}

std::optional<duration> histogram::quantile(double fraction) const noexcept {
  if (empty()) {
    return std::nullopt;
  }
  // The subtraction keeps 0.9 * 10, which is a little more than 9 in binary, from asking for ten.
  auto const asked = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(total_);
  auto const wanted = static_cast<std::uint64_t>(std::max(1.0, std::ceil(asked - asked * 1e-12)));
  std::uint64_t seen = 0;
  for (std::size_t index = first_; index < last_; ++index) {
    seen += counts_[index];
    if (seen >= wanted) {
      return duration{std::min(highest_at(index), max_)};
    }
  }
  return duration{max_};
}

std::uint64_t histogram::count_up_to(duration limit) const noexcept {
  if (limit < duration::zero()) {
    return 0;
  }
  auto const end = std::min(last_, index_of(std::min(limit.count(), highest_trackable)) + 1);
  std::uint64_t seen = 0;
  for (std::size_t index = first_; index < end; ++index) {
    seen += counts_[index];
  }
  return seen;
}

void histogram::add_at(std::size_t index, std::uint64_t times) noexcept {
  CONECTA_ASSERT(index < bucket_count, "histogram::add_at: no such bucket");
  if (times == 0) {
    return;
  }
  counts_[index] += times;
  total_ += times;
  min_ = std::min(min_, lowest_at(index));
  max_ = std::max(max_, std::min(highest_at(index), highest_trackable));
  first_ = std::min(first_, index);
  last_ = std::max(last_, index + 1);
}

} // namespace conecta::stats
