#include "commands/crowd.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace conecta::command {

namespace {

constexpr std::size_t most_at_once = 64; ///< are being made: what waits to be accepted has a limit

} // namespace

crowd::crowd(boost::asio::io_context& context, probe_target const& target,
             std::optional<unsigned> headroom)
    : context_{context}, target_{target}, headroom_{headroom}, finding_{member(0).finding()} {}

/// Made when it is first needed: many are asked for where few fit.
prober& crowd::member(std::size_t index) {
  if (index == members_.size()) {
    auto const keeps = headroom_ ? prober::keeping::connection : prober::keeping::nothing;
    members_.push_back(std::make_unique<prober>(context_, target_, keeps));
  }
  return *members_[index];
}

void crowd::attempt(instant deadline, std::function<void()> ended) {
  deadline_ = deadline;
  ended_ = std::move(ended);
  begun_ = 0;
  stopped_ = false;
  refused_ = nullptr;
  ++attempts_;
  go_on();
}

void crowd::stop() {
  stopped_ = true;
  for (std::size_t i = 0; i < begun_; ++i) {
    members_[i]->stop();
  }
}

void crowd::go_on() {
  if (going_on_) {
    return;
  }
  going_on_ = true;
  auto const wanted = headroom_.value_or(1);
  while (running_ < most_at_once && begun_ < wanted && refused_ == nullptr && !stopped_) {
    auto& next = member(begun_++);
    ++running_;
    next.attempt(deadline_, [this, &next] { one_ended(next); });
  }
  going_on_ = false;
  if (running_ == 0) {
    conclude();
  }
}

void crowd::one_ended(prober const& which) {
  --running_;
  if (refused_ == nullptr && which.finding().state != readiness::ready) {
    refused_ = &which;
  }
  go_on();
}

void crowd::conclude() {
  finding_ = headroom_ ? all_together() : members_.front()->finding();
  finding_.attempts = attempts_;
  for (auto const& each : members_) {
    each->let_go();
  }
  ended_();
}

probe_finding crowd::all_together() const {
  auto const held = std::ranges::count_if(members_, [](auto const& each) { return each->holds(); });
  probe_headroom const found{.asked = *headroom_, .held = static_cast<unsigned>(held)};
  auto made = (refused_ != nullptr ? *refused_ : *members_.front()).finding();
  made.headroom = found;
  if (found.held < found.asked) {
    if (refused_ == nullptr) {
      made.reason = "closed";
      made.detail = "it ended the others";
    }
    if (found.held > 0 && made.state != readiness::not_attempted) { // that is of this host
      made.state = readiness::not_ready;
    }
    made.state = std::max(made.state, readiness::not_ready);
  }
  return made;
}

} // namespace conecta::command
