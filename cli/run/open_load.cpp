#include "run/open_load.hpp"

#include "base/random.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace conecta::run {

namespace {

/// How far before a request is due the clock is looked at instead of a timer: about what a timer
/// is late. On one processor that would take the time of whoever answers.
duration spin_ahead() {
  return std::thread::hardware_concurrency() > 1 ? duration{std::chrono::microseconds{60}}
                                                 : duration::zero();
}

/// A look at the clock takes less; something else ran in between.
constexpr duration longest_look = std::chrono::microseconds{5};

/// So that replies are read while much comes due at once.
constexpr int most_at_once = 64;

} // namespace

open_load::open_load(boost::asio::io_context& io, shift& common, instant origin)
    : io_{io}, common_{common}, timer_{io}, spin_{spin_ahead()} {
  std::uint64_t first = 0;
  for (auto const& stage : common.what.stages) {
    workload::arrivals const schedule{stage.from, stage.to, stage.length};
    auto const start = origin + stage.start;
    auto const ends = saturating_add(start + stage.length, common.what.workload.request_timeout);
    parts_.push_back({schedule, start, ends, first});
    first += schedule.count();
  }
}

/// The schedule knows all stages from the first on.
void open_load::begin_stage(std::size_t, instant) {
  if (!started_) {
    started_ = true;
    pace();
  }
}

void open_load::pace() {
  if (ended_) {
    return;
  }
  auto now = current();
  if (looked_at_ != instant{} && now - looked_at_ < longest_look) {
    spun_ += now - looked_at_;
  }
  looked_at_ = {};
  for (int begun = 0; scheduling_ < parts_.size();) {
    auto& part = parts_[scheduling_];
    if (part.due == part.schedule.count()) {
      ++scheduling_;
      continue;
    }
    auto const next = part.intended(part.due);
    if (next > now) {
      return wait_for(next, now);
    }
    if (begun++ == most_at_once) {
      boost::asio::post(io_, [this] { pace(); });
      return;
    }
    come_due(part, now);
    now = current();
  }
}

void open_load::wait_for(instant next, instant now) {
  if (next - now <= spin_) {
    looked_at_ = now;
    boost::asio::post(io_, [this] { pace(); });
    return;
  }
  timer_.expires_at(next - spin_);
  timer_.async_wait([this](error_code) { pace(); });
}

void open_load::come_due(stage_part& of, instant now) {
  auto const stage = static_cast<std::size_t>(&of - parts_.data());
  common_.records.record_lag(stage, now - of.intended(of.due));
  ++of.due;
  begin_waiting();
  if (of.waiting() && common_.what.workload.on_overload == scenario::overload::drop) {
    drop_next(of);
  }
}

void open_load::begin_waiting() {
  for (auto* part = first_waiting(); part != nullptr; part = first_waiting()) {
    if (free_.empty() && clients_.size() == common_.what.workload.max_in_flight) {
      return;
    }
    begin_next(*part);
  }
}

open_load::stage_part* open_load::first_waiting() {
  while (oldest_ < scheduling_ && !parts_[oldest_].waiting()) {
    ++oldest_;
  }
  auto const found = oldest_ < parts_.size() && parts_[oldest_].waiting();
  return found ? &parts_[oldest_] : nullptr;
}

assignment open_load::next_of(stage_part const& of) const {
  assignment made;
  made.stage = static_cast<std::size_t>(&of - parts_.data());
  made.intended = of.intended(of.begun);
  made.last_moment = of.last_moment;
  random_source random{common_.what.seed ^ (0x9e3779b97f4a7c15U * (of.first + of.begun + 1))};
  draw(made, common_, random);
  return made;
}

void open_load::begin_next(stage_part& of) {
  if (free_.empty()) {
    clients_.push_back(std::make_unique<client>(io_, common_, static_cast<client_owner&>(*this)));
    free_.push_back(clients_.back().get());
  }
  auto* const who = free_.back();
  free_.pop_back();
  auto const next = next_of(of);
  ++of.begun;
  who->start(next);
}

void open_load::drop_next(stage_part& of) {
  auto const next = next_of(of);
  ++of.begun;
  common_.records.record_dropped(next.stage, next.endpoint, *next.intended);
}

void open_load::finished(client& who, ending) {
  free_.push_back(&who);
  begin_waiting();
}

bool open_load::may_hold(client const&) const { return !ended_; }

void open_load::end() {
  ended_ = true;
  timer_.cancel();
  // What came due while this thread was busy was due all the same.
  for (auto const now = current(); scheduling_ < parts_.size(); ++scheduling_) {
    auto& part = parts_[scheduling_];
    while (part.due < part.schedule.count() && part.intended(part.due) <= now) {
      come_due(part, now);
    }
  }
  for (auto const& each : clients_) {
    each->hurry();
  }
}

void open_load::drop_waiting() {
  for (auto& part : parts_) {
    while (part.waiting()) {
      drop_next(part);
    }
  }
}

void open_load::expire(instant now) {
  for (auto const& each : clients_) {
    each->expire(now);
  }
  while (auto* const part = first_waiting()) {
    if (now < part->last_moment) {
      return;
    }
    drop_next(*part);
  }
}

bool open_load::resting() const {
  return free_.size() == clients_.size() &&
         std::none_of(parts_.begin(), parts_.end(),
                      [](stage_part const& each) { return each.waiting(); });
}

} // namespace conecta::run
