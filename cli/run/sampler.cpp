#include "run/sampler.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace conecta::run {

namespace {

duration to_duration(timeval const& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

double seconds(duration time) { return std::chrono::duration<double>(time).count(); }

} // namespace

duration processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return to_duration(used.ru_utime) + to_duration(used.ru_stime);
}

sampler::sampler(std::vector<std::unique_ptr<service>> const& services, recorder& records,
                 instant origin)
    : services_{services},
      records_{records},
      origin_{origin},
      second_began_{origin},
      processor_time_{processor_time()},
      at_second_{take()} {}

snapshot sampler::take() const {
  snapshot all;
  for (auto const& each : services_) {
    all.push_back(each->stats());
  }
  return all;
}

void sampler::observe() {
  pool_peaks now;
  for (auto const& each : services_) {
    auto const s = each->stats();
    now.live += s.idle + s.leased + s.opening + s.checking + s.resetting + s.closing;
    now.leased += s.leased;
    now.waiters += s.waiters;
    raise({s.peak_live, s.peak_leased, s.peak_waiters}); // exact; all together had no fewer
  }
  raise(now);
}

void sampler::raise(pool_peaks const& seen) {
  peaks_.live = std::max(peaks_.live, seen.live);
  peaks_.leased = std::max(peaks_.leased, seen.leased);
  peaks_.waiters = std::max(peaks_.waiters, seen.waiters);
}

series_point const& sampler::end_second(instant now) {
  auto const ended = records_.take_second();
  auto const stats = take();
  auto const used = processor_time();
  auto const elapsed = std::max(now - second_began_, duration{1});
  series_point point;
  point.at = now - origin_;
  point.requests = ended.requests;
  point.errors = ended.errors;
  point.p50 = ended.p50;
  point.p99 = ended.p99;
  point.lag_p99 = ended.lag_p99;
  point.rate_per_s = static_cast<double>(ended.requests - ended.errors) / seconds(elapsed);
  point.cpu = seconds(used - processor_time_) / seconds(elapsed);
  for (std::size_t i = 0; i < stats.size(); ++i) {
    point.idle += stats[i].idle;
    point.leased += stats[i].leased;
    point.opening += stats[i].opening;
    point.waiters += stats[i].waiters;
    point.opened += stats[i].opened - at_second_[i].opened;
    point.closed += stats[i].closed - at_second_[i].closed;
  }
  second_began_ = now;
  processor_time_ = used;
  at_second_ = stats;
  return series_.emplace_back(point);
}

} // namespace conecta::run
