#include "run/worker.hpp"

#include <algorithm>
#include <chrono>

namespace conecta::run {

namespace {

instant current() { return std::chrono::steady_clock::now(); }

phase phase_of(net::step where) {
  switch (where) {
  case net::step::send:
    return phase::send;
  case net::step::receive:
    return phase::receive;
  case net::step::expect:
    return phase::expect;
  }
  return phase::receive;
}

} // namespace

worker::worker(boost::asio::io_context& io, shift& common, std::size_t number)
    : common_{common},
      number_{number},
      random_{common.what.seed ^ (0x9e3779b97f4a7c15U * (number + 1))},
      timer_{io} {}

void worker::wake() {
  if (resting() && number_ < common_.wanted) {
    begin();
  }
}

void worker::begin() {
  if (number_ >= common_.wanted) {
    doing_ = doing::nothing;
    return;
  }
  auto const drawn = random_.next_unit() * common_.weights_up_to.back();
  auto const found =
      std::upper_bound(common_.weights_up_to.begin(), common_.weights_up_to.end() - 1, drawn);
  auto const endpoint = static_cast<std::size_t>(found - common_.weights_up_to.begin());
  auto const& asks = common_.asks[endpoint];
  chosen_ = asks[asks.size() == 1 ? 0 : random_.next() % asks.size()];

  request_ = {};
  request_.stage = common_.stage;
  request_.endpoint = endpoint;
  request_.started = current();
  last_moment_ = saturating_add(common_.stage_ends, common_.what.workload.request_timeout);
  doing_ = doing::waiting_for_lease;

  auto& pool = common_.services[endpoint]->pool();
  if (pool.stats().idle > 0) {
    if (auto lent = pool.try_acquire()) {
      return leased({}, std::move(*lent));
    }
  }
  acquire_options options;
  options.deadline =
      std::min(last_moment_, saturating_add(request_.started,
                                            common_.what.endpoints[endpoint].pool.acquire_timeout));
  pool.async_acquire(std::move(options), [this](error_code problem, lease<net::connection> lent) {
    leased(problem, std::move(lent));
  });
}

void worker::leased(error_code problem, lease<net::connection> lent) {
  if (problem) {
    auto why = common_.services[request_.endpoint]->pool().last_error();
    if (why.code != problem) { // another worker's, which failed after this one
      why = {problem, {}, {}, {}};
    }
    return not_leased(why);
  }
  leased_at_ = current();
  if (leased_at_ >= common_.cut_off) {
    lent.release();
    return record_failed_acquire(phase::acquire, net::error_kind::cancelled,
                                 "the run was interrupted");
  }
  request_.wait = leased_at_ - request_.started;
  lease_ = std::move(lent);
  auto const& asked = common_.what.workload.requests[chosen_];
  workload::render(asked.send, {common_.what.seed, common_.next_sequence++}, payload_);
  deadline_ = std::min(last_moment_, leased_at_ + common_.what.workload.request_timeout);
  net::dialogue::script script;
  script.send = payload_;
  script.reply =
      lease_->kind() == net::scheme::udp ? &common_.datagram_reply[chosen_] : &asked.reply;
  script.expect = &asked.expect;
  doing_ = doing::exchanging;
  exchange_.start(*lease_, script);
}

/// An open that failed while the caller waited is what it failed of.
void worker::not_leased(error const& why) {
  if (why.last_open) {
    record_failed_acquire(phase::open, net::classify(why.last_open), why.last_open.message());
  } else {
    record_failed_acquire(phase::acquire, net::classify(why.code), describe(why));
  }
}

void worker::record_failed_acquire(phase where, net::error_kind kind, std::string_view detail) {
  request_.total = current() - request_.started;
  if (kind != net::error_kind::queue_full) {
    request_.wait = request_.total;
  }
  record(request_record::failure{where, kind, detail});
  // Nothing was awaited where the pool refuses at once: do not spin.
  pause(std::max(common_.what.workload.think, duration{std::chrono::milliseconds{1}}),
        &worker::begin);
}

void worker::expire(instant now) {
  if (doing_ != doing::exchanging) {
    return;
  }
  if (now >= deadline_) {
    exchange_.cancel(net::error_kind::timeout);
  } else if (now >= common_.cut_off) {
    exchange_.cancel(net::error_kind::cancelled);
  }
}

void worker::hurry() {
  if (doing_ == doing::pausing) {
    timer_.cancel();
  }
}

void worker::exchanged(net::outcome const& how) {
  auto const ended = current();
  request_.service = ended - leased_at_;
  request_.total = ended - request_.started;
  if (how.failed) {
    record(request_record::failure{phase_of(how.at), *how.failed, how.detail});
  } else {
    record(std::nullopt);
  }
  if (how.left != net::outcome::after::reusable) {
    lease_.discard(how.left == net::outcome::after::stale ? close_reason::stale
                                                          : close_reason::broken);
  }
  if (common_.what.workload.hold > duration::zero()) {
    return pause(common_.what.workload.hold, &worker::give_back_and_think);
  }
  give_back_and_think();
}

void worker::record(std::optional<request_record::failure> failed) {
  request_.failed = failed;
  common_.records.record(request_);
}

void worker::give_back_and_think() {
  lease_.release();
  if (common_.what.workload.think > duration::zero()) {
    return pause(common_.what.workload.think, &worker::begin);
  }
  begin();
}

/// A pause ends with the stage at the latest, and at once where the worker is not wanted any more,
/// so that nobody holds the end of a run up.
void worker::pause(duration time, void (worker::*then)()) {
  doing_ = doing::pausing;
  auto const now = current();
  timer_.expires_at(number_ < common_.wanted ? std::min(now + time, last_moment_) : now);
  timer_.async_wait([this, then](error_code) { (this->*then)(); });
}

} // namespace conecta::run
