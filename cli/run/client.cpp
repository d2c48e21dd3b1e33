#include "run/client.hpp"

#include <algorithm>
#include <chrono>

namespace conecta::run {

namespace {

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

client::client(boost::asio::io_context& io, shift& common, client_owner& owner)
    : common_{common}, owner_{owner}, timer_{io}, exchange_{io.get_executor(), *this} {}

void client::start(assignment const& what) {
  chosen_ = what.request;
  last_moment_ = what.last_moment;
  asked_at_ = current();
  request_ = {};
  request_.stage = what.stage;
  request_.endpoint = what.endpoint;
  request_.intended = what.intended.value_or(asked_at_);
  request_.late_by = std::max(duration::zero(), asked_at_ - request_.intended);
  doing_ = doing::waiting_for_lease;

  acquire_deadline_ = std::min(
      last_moment_,
      saturating_add(asked_at_, common_.what.endpoints[what.endpoint].pool.acquire_timeout));
  auto& from = *common_.services[what.endpoint];
  if (auto lent = from.take_idle(); lent.valid()) {
    return leased({}, std::move(lent));
  }
  acquire_options options;
  options.deadline = acquire_deadline_;
  from.pool().async_acquire(std::move(options),
                            [this](error_code problem, lease<net::connection> lent) {
                              leased(problem, std::move(lent));
                            });
}

void client::leased(error_code problem, lease<net::connection> lent) {
  if (problem) {
    auto why = common_.services[request_.endpoint]->pool().last_error();
    if (why.code != problem) { // another client's, which failed after this one
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
  request_.wait = leased_at_ - asked_at_;
  if (auto* const watcher = common_.services[request_.endpoint]->watcher()) {
    watcher->answered(acquire_deadline_, leased_at_);
    watcher->lent(lent->handle(), leased_at_);
  }
  lease_ = std::move(lent);
  auto const& asked = common_.what.workload.requests[chosen_];
  sequence_ = common_.next_sequence++;
  workload::render(asked.send, {common_.what.seed, sequence_}, payload_);
  if (common_.nonces && common_.with_nonce[chosen_]) {
    common_.nonces->asked(sequence_);
  }
  deadline_ = std::min(last_moment_, leased_at_ + common_.what.workload.request_timeout);
  net::dialogue::script script;
  script.send = payload_;
  script.reply =
      lease_->kind() == net::transport::udp ? &common_.datagram_reply[chosen_] : &asked.reply;
  script.expect = &asked.expect;
  doing_ = doing::exchanging;
  exchange_.start(*lease_, script);
}

/// An open that failed while the caller waited is what it failed of.
void client::not_leased(error const& why) {
  if (why.last_open) {
    record_failed_acquire(phase::open, net::classify(why.last_open), why.last_open.message());
  } else {
    record_failed_acquire(phase::acquire, net::classify(why.code), describe(why));
  }
}

void client::record_failed_acquire(phase where, net::error_kind kind, std::string_view detail) {
  auto const ended = current();
  if (auto* const watcher = common_.services[request_.endpoint]->watcher()) {
    watcher->answered(acquire_deadline_, ended);
  }
  if (kind != net::error_kind::queue_full) {
    request_.wait = ended - asked_at_;
  }
  record(ended, request_record::failure{where, kind, detail});
  doing_ = doing::nothing;
  owner_.finished(*this, client_owner::ending::not_leased);
}

void client::expire(instant now) {
  if (doing_ != doing::exchanging) {
    return;
  }
  if (now >= deadline_) {
    exchange_.cancel(net::error_kind::timeout);
  } else if (now >= common_.cut_off) {
    exchange_.cancel(net::error_kind::cancelled);
  }
}

void client::hurry() {
  if (doing_ == doing::holding) {
    timer_.cancel();
  }
}

void client::exchanged(net::outcome const& how) {
  auto const ended = current();
  request_.service = ended - leased_at_;
  if (how.failed) {
    record(ended, request_record::failure{phase_of(how.at), *how.failed, how.detail});
  } else {
    record(ended, std::nullopt);
  }
  tell_whose_reply();
  if (how.left != net::outcome::after::reusable) {
    if (auto* const watcher = common_.services[request_.endpoint]->watcher()) {
      watcher->discarded(lease_->handle());
    }
    lease_.discard(how.left == net::outcome::after::stale ? close_reason::stale
                                                          : close_reason::broken);
  }
  if (auto const time = common_.what.workload.hold;
      time > duration::zero() && owner_.may_hold(*this)) {
    return hold(time);
  }
  give_back();
}

void client::tell_whose_reply() {
  auto const reply = exchange_.reply();
  if (!common_.nonces || !common_.with_nonce[chosen_] || reply.empty()) {
    return;
  }
  common_.services[request_.endpoint]->watcher()->replied(
      chosen_, common_.nonces->owner_of(reply, sequence_));
  common_.nonces->answered(sequence_);
}

void client::record(instant ended, std::optional<request_record::failure> failed) {
  request_.total = ended - request_.intended;
  request_.total_uncorrected = ended - asked_at_;
  request_.failed = failed;
  common_.records.record(request_);
}

/// Ends with the stage at the latest, so that nobody holds the end of a run up.
void client::hold(duration time) {
  doing_ = doing::holding;
  timer_.expires_at(std::min(current() + time, last_moment_));
  timer_.async_wait([this](error_code) { give_back(); });
}

void client::give_back() {
  if (auto* const watcher = common_.services[request_.endpoint]->watcher();
      watcher != nullptr && lease_.valid()) {
    watcher->given_back(lease_->handle(), current());
  }
  lease_.release();
  doing_ = doing::nothing;
  owner_.finished(*this, client_owner::ending::exchanged);
}

} // namespace conecta::run
