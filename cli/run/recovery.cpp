#include "run/recovery.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace conecta::run {

duration recovered_p90(recovery_baseline const& baseline) noexcept {
  return std::max(baseline.p90 + baseline.p90 / 2, baseline.p90 + std::chrono::milliseconds{5});
}

bool is_good(recovery_baseline const& baseline, recovery_sample const& bucket) noexcept {
  if (bucket.requests == 0 || !bucket.p90) {
    return false;
  }
  auto const success_ratio =
      static_cast<double>(bucket.succeeded) / static_cast<double>(bucket.requests);
  // A hair of tolerance, so that 99 of 100 is not below 1.0 - 0.01 in binary.
  return success_ratio >= baseline.success_ratio - 0.01 - 1e-9 &&
         *bucket.p90 <= recovered_p90(baseline);
}

void recovery_streak::judge(recovery_sample const& bucket) noexcept {
  ++judged_;
  good_in_a_row_ = is_good(baseline_, bucket) ? good_in_a_row_ + 1 : 0;
  if (!recovered_at_ && good_in_a_row_ == good_buckets_needed) {
    recovered_at_ = judged_ - good_buckets_needed;
  }
}

std::optional<std::size_t> first_recovered(recovery_baseline const& baseline,
                                           std::span<recovery_sample const> buckets) {
  recovery_streak streak{baseline};
  for (auto const& bucket : buckets) {
    streak.judge(bucket);
  }
  return streak.recovered_at();
}

// Octaves begin at 1024 ns, which stands for all that is shorter; each has 16 equal steps.
void coarse_sketch::record(duration value) noexcept {
  constexpr auto last = steps_per_octave * octaves - 1;
  auto const ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 1024));
  auto const magnitude = static_cast<std::size_t>(std::bit_width(ticks)) - 1;
  auto const step = (ticks >> (magnitude - 4)) - steps_per_octave;
  auto const index = (magnitude - 10) * steps_per_octave + static_cast<std::size_t>(step);
  ++counts_[std::min(index, last)];
  ++total_;
}

void coarse_sketch::merge(coarse_sketch const& other) noexcept {
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    counts_[index] += other.counts_[index];
  }
  total_ += other.total_;
}

std::optional<duration> coarse_sketch::quantile(double fraction) const noexcept {
  if (total_ == 0) {
    return std::nullopt;
  }
  auto const asked = fraction * static_cast<double>(total_);
  auto const wanted = static_cast<std::uint64_t>(std::max(1.0, std::ceil(asked - asked * 1e-12)));
  std::uint64_t seen = 0;
  std::size_t index = 0;
  for (; index + 1 < counts_.size(); ++index) {
    seen += counts_[index];
    if (seen >= wanted) {
      break;
    }
  }
  auto const magnitude = index / steps_per_octave + 10;
  auto const step = index % steps_per_octave + steps_per_octave;
  auto const lowest = static_cast<std::int64_t>(step << (magnitude - 4));
  auto const width = std::int64_t{1} << (magnitude - 4);
  return duration{lowest + width / 2};
}

recovery_sample recovery_recorder::bucket::sample() const noexcept {
  return {requests, succeeded.count(), succeeded.quantile(0.9)};
}

recovery_recorder::recovery_recorder(instant window_start, instant window_end)
    : start_{window_start},
      end_{window_end},
      ring_(static_cast<std::size_t>(longest_request / recovery_bucket) + 1) {}

void recovery_recorder::record(instant intended_start, duration total, request_outcome outcome) {
  if (intended_start < start_) {
    if (intended_start >= start_ - baseline_span) {
      ++baseline_requests_;
      if (outcome == request_outcome::succeeded) {
        baseline_succeeded_.record(total);
      }
    }
    return;
  }
  if (intended_start < end_ || (streak_ && streak_->recovered_at())) {
    return;
  }
  auto const index = static_cast<std::size_t>((intended_start - end_) / recovery_bucket);
  if (index < oldest_) {
    return;
  }
  while (index >= oldest_ + ring_.size()) {
    judge_oldest();
  }
  auto& mine = ring_[index % ring_.size()];
  ++mine.requests;
  if (outcome == request_outcome::succeeded) {
    mine.succeeded.record(total);
  }
}

recovery recovery_recorder::finish(instant load_end) const {
  recovery out;
  if (load_end < end_) {
    out.reason = load_end <= start_ ? "the load ended before this fault"
                                    : "the load ended during this fault";
    return out;
  }
  out.baseline = baseline();
  if (!out.baseline) {
    out.reason = "the baseline needs " + std::to_string(baseline_min_requests) +
                 " requests in the 2 s before the fault, there were " +
                 std::to_string(baseline_requests_);
    return out;
  }
  auto streak = streak_ ? *streak_ : recovery_streak{*out.baseline};
  auto const whole =
      load_end > end_ ? static_cast<std::size_t>((load_end - end_) / recovery_bucket) : 0;
  for (auto index = oldest_; index < std::min(whole, oldest_ + ring_.size()); ++index) {
    streak.judge(ring_[index % ring_.size()].sample());
  }
  if (auto const index = streak.recovered_at()) {
    out.after = static_cast<duration::rep>(*index) * recovery_bucket;
  } else if (whole < good_buckets_needed) {
    out.reason = "the load ended less than 500 ms after the fault";
  } else {
    out.reason = "not recovered when the load ended";
  }
  return out;
}

std::optional<recovery_baseline> recovery_recorder::baseline() const noexcept {
  if (baseline_requests_ < baseline_min_requests) {
    return std::nullopt;
  }
  recovery_baseline out;
  out.requests = baseline_requests_;
  out.success_ratio =
      static_cast<double>(baseline_succeeded_.count()) / static_cast<double>(baseline_requests_);
  out.p90 = baseline_succeeded_.quantile(0.9).value_or(duration::zero());
  return out;
}

// By now the window is a minute past, so every request of the baseline has been recorded.
void recovery_recorder::judge_oldest() {
  auto& oldest = ring_[oldest_ % ring_.size()];
  if (!streak_) {
    streak_ = recovery_streak{baseline().value_or(recovery_baseline{})};
  }
  streak_->judge(oldest.sample());
  oldest = {};
  ++oldest_;
}

} // namespace conecta::run
