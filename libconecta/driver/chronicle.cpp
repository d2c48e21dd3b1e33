#include "driver/chronicle.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace conecta::driver {

namespace {

void tell_one(pool_observer& observer, notice const& news) {
  switch (news.what) {
  case notice::kind::opened:
    return observer.opened(news.took);
  case notice::kind::open_failed:
    return observer.open_failed(news.why, news.detail, news.took);
  case notice::kind::acquired:
    return observer.acquired(news.took);
  case notice::kind::waited:
    return observer.waited(news.took, news.why);
  case notice::kind::returned:
    return observer.returned(news.took);
  case notice::kind::checked:
    return observer.checked(news.ok, news.failures_so_far);
  case notice::kind::closed:
    return observer.closed(news.reason);
  case notice::kind::leaked:
    return observer.leaked(news.lease);
  case notice::kind::reclaimed:
    return observer.reclaimed(news.lease);
  case notice::kind::came_back:
    return observer.came_back(news.lease, news.took);
  }
}

constexpr std::size_t most_tag_size = 0xffff'ffff;

duration_summary summary_of(stats::histogram const& recorded) {
  using namespace std::chrono_literals;
  constexpr std::array<duration, 12> limits{100us, 300us, 1ms, 3ms, 10ms, 30ms,
                                            100ms, 300ms, 1s,  3s,  10s,  30s};
  duration_summary summary;
  if (recorded.empty()) {
    return summary;
  }
  summary.count = recorded.count();
  summary.sum = duration{static_cast<duration::rep>(recorded.mean().value_or(0) *
                                                    static_cast<double>(recorded.count()))};
  summary.min = recorded.min().value_or(duration{});
  summary.max = recorded.max().value_or(duration{});
  summary.p50 = recorded.quantile(0.5).value_or(duration{});
  summary.p90 = recorded.quantile(0.9).value_or(duration{});
  summary.p99 = recorded.quantile(0.99).value_or(duration{});
  summary.p99_9 = recorded.quantile(0.999).value_or(duration{});
  for (auto const limit : limits) {
    summary.at_most.emplace_back(limit, recorded.count_up_to(limit));
  }
  return summary;
}

} // namespace

std::uint64_t tell(pool_observer& observer, notices const& news) noexcept {
  std::uint64_t thrown = 0;
  for (auto const& each : news) {
    try {
      tell_one(observer, each);
    } catch (...) {
      ++thrown;
    }
  }
  return thrown;
}

void chronicle::open_begins(std::uint32_t slot, instant now) {
  if (keeps_records()) {
    records_[slot].since = now;
  }
}

void chronicle::opened(std::uint32_t slot, instant now, notices& news) {
  if (was_brought(slot) || !keeps_records()) {
    brought_[slot] = false;
    return;
  }
  auto const took = now - records_[slot].since;
  if (records_durations_) {
    opens_.record(took);
  }
  if (observed_) {
    news.push_back({.what = notice::kind::opened, .took = took});
  }
}

void chronicle::open_failed(std::uint32_t slot, open_failure const& why, instant now,
                            notices& news) {
  if (was_brought(slot)) {
    brought_[slot] = false;
    return;
  }
  if (observed_) {
    news.push_back({.what = notice::kind::open_failed,
                    .took = now - records_[slot].since,
                    .why = why.code,
                    .detail = copy_if_possible(why.detail)});
  }
}

void chronicle::check_begins(std::uint32_t slot, unsigned failures) {
  if (observed_) {
    records_[slot].failures = static_cast<std::uint16_t>(failures);
  }
}

void chronicle::checked(std::uint32_t slot, bool ok, notices& news) {
  if (observed_) {
    news.push_back(
        {.what = notice::kind::checked, .ok = ok, .failures_so_far = records_[slot].failures});
  }
}

void chronicle::close_begins(std::uint32_t slot, close_reason reason) {
  if (observed_) {
    records_[slot].reason = reason;
  }
}

void chronicle::closed(std::uint32_t slot, notices& news) {
  if (observed_) {
    news.push_back({.what = notice::kind::closed, .reason = records_[slot].reason});
  }
}

void chronicle::granted(std::uint32_t slot, borrower const& to, instant now, notices& news) {
  if (!keeps_records()) {
    return;
  }
  auto& that = records_[slot];
  that.where = to.where;
  that.tag = to.tag.data();
  that.tag_size = static_cast<std::uint32_t>(std::min<std::size_t>(to.tag.size(), most_tag_size));
  that.since = now;
  that.leased = true;
  that.overdue = false;
  if (leases_are_ == leases_are::spurned) {
    asked_[slot] = to.asked;
  } else {
    served(now - to.asked, news);
  }
}

void chronicle::confirmed(std::uint32_t slot, notices& news) {
  served(records_[slot].since - asked_[slot], news);
}

void chronicle::served(duration waited, notices& news) {
  if (records_durations_) {
    waits_.record(waited);
  }
  if (observed_) {
    news.push_back({.what = notice::kind::acquired, .took = waited});
  }
}

borrower chronicle::spurned(std::uint32_t slot) {
  if (!keeps_records()) {
    return {};
  }
  auto& that = records_[slot];
  that.leased = false;
  return {that.where, {that.tag, that.tag_size}, asked_[slot]};
}

void chronicle::returned(std::uint32_t slot, instant now, notices& news) {
  if (!keeps_records()) {
    return;
  }
  auto& that = records_[slot];
  that.leased = false;
  auto const used = now - that.since;
  if (records_durations_) {
    uses_.record(used);
  }
  if (observed_) {
    news.push_back({.what = notice::kind::returned, .took = used});
  }
}

void chronicle::gave_up(borrower const& who, error_code why, instant now, notices& news) {
  if (observed_) {
    news.push_back({.what = notice::kind::waited, .took = now - who.asked, .why = why});
  }
}

// With a threshold for leaks, borrowers are on record.
void chronicle::leaked(std::uint32_t slot, notices& news) {
  records_[slot].overdue = true;
  if (observed_) {
    news.push_back({.what = notice::kind::leaked, .lease = info_of(records_[slot])});
  }
}

void chronicle::reclaimed(std::uint32_t slot, notices& news) {
  if (observed_) {
    news.push_back({.what = notice::kind::reclaimed, .lease = info_of(records_[slot])});
  }
}

void chronicle::came_back(std::uint32_t slot, instant now, notices& news) {
  if (observed_) {
    news.push_back({.what = notice::kind::came_back,
                    .took = now - records_[slot].since,
                    .lease = info_of(records_[slot])});
  }
}

std::vector<lease_info> chronicle::leases() const {
  if (!records_borrowers_) {
    return {};
  }
  std::vector<lease_info> out;
  for (auto const& that : records_) {
    if (that.leased) {
      out.push_back(info_of(that));
    }
  }
  return out;
}

pool_durations chronicle::durations() const {
  return {summary_of(waits_), summary_of(opens_), summary_of(uses_)};
}

} // namespace conecta::driver
