#include "run/closed_load.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <chrono>

namespace conecta::run {

namespace {

/// Nothing was awaited where the pool refuses at once: do not spin.
constexpr duration shortest_rest = std::chrono::milliseconds{1};

} // namespace

class closed_load::worker final : public client_owner {
 public:
  worker(boost::asio::io_context& io, closed_load& in, std::size_t number)
      : in_{in},
        number_{number},
        random_{in.common_.what.seed ^ (0x9e3779b97f4a7c15U * (number + 1))},
        timer_{io},
        hands_{io, in.common_, *this} {}

  void wake() {
    if (resting()) {
      begin();
    }
  }
  void expire(instant now) { hands_.expire(now); }
  /// Cuts a pause short: the run ends.
  void hurry() {
    hands_.hurry();
    if (pausing_) {
      timer_.cancel();
    }
  }
  [[nodiscard]] bool resting() const noexcept { return !pausing_ && hands_.idle(); }

 private:
  [[nodiscard]] bool wanted() const noexcept { return number_ < in_.wanted_; }

  void begin() {
    if (!wanted()) {
      return;
    }
    draw(next_, in_.common_, random_);
    next_.stage = in_.stage_;
    next_.last_moment = in_.last_moment_;
    hands_.start(next_);
  }

  void finished(client&, ending how) override {
    auto const think = in_.common_.what.workload.think;
    auto const rest = how == ending::not_leased ? std::max(think, shortest_rest) : think;
    if (rest > duration::zero()) {
      return pause(rest);
    }
    begin();
  }

  [[nodiscard]] bool may_hold(client const&) const override { return wanted(); }

  /// Ends with the stage at the latest, and at once where the worker is not wanted any more, so
  /// that nobody holds the end of a run up.
  void pause(duration time) {
    pausing_ = true;
    auto const now = current();
    timer_.expires_at(wanted() ? std::min(now + time, next_.last_moment) : now);
    timer_.async_wait([this](error_code) {
      pausing_ = false;
      begin();
    });
  }

  closed_load& in_;
  std::size_t number_;
  random_source random_;
  boost::asio::steady_timer timer_;
  client hands_;
  assignment next_;
  bool pausing_ = false;
};

closed_load::closed_load(boost::asio::io_context& io, shift& common) : common_{common} {
  std::size_t most = 0;
  for (auto const& stage : common.what.stages) {
    most = std::max(most, stage.workers);
  }
  for (std::size_t number = 0; number < most; ++number) {
    workers_.push_back(std::make_unique<worker>(io, *this, number));
  }
}

closed_load::~closed_load() = default;

void closed_load::begin_stage(std::size_t index, instant ends) {
  stage_ = index;
  wanted_ = common_.what.stages[index].workers;
  last_moment_ = saturating_add(ends, common_.what.workload.request_timeout);
  for (auto const& each : workers_) {
    each->wake();
  }
}

void closed_load::end() {
  wanted_ = 0;
  for (auto const& each : workers_) {
    each->hurry();
  }
}

void closed_load::expire(instant now) {
  for (auto const& each : workers_) {
    each->expire(now);
  }
}

bool closed_load::resting() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](auto const& each) { return each->resting(); });
}

} // namespace conecta::run
