#include "run/recorder.hpp"

namespace conecta::run {

recorder::recorder(scenario::scenario const& what, instant origin)
    : what_{what}, endpoints_{what.endpoints.size()} {
  for (std::size_t i = 0; i < what.stages.size() * endpoints_; ++i) {
    cells_.push_back(std::make_unique<measurement>());
  }
  for (auto const& fault : what.faults) {
    faults_.push_back(std::make_unique<fault_cell>(fault, origin));
  }
}

void recorder::record(request_record const& request) {
  add(*cells_[request.stage * endpoints_ + request.endpoint], request);
  auto const outcome = request.failed ? request_outcome::failed : request_outcome::succeeded;
  for (auto const& fault : faults_) {
    if (fault->spec->endpoint != request.endpoint) {
      continue;
    }
    fault->recovery.record(request.intended, request.total, outcome);
    if (fault->covers(request.intended)) {
      add(fault->inside, request);
    } else if (!request.failed) {
      fault->outside.record(request.total);
    }
  }
  second_errors_ += request.failed ? 1U : 0U;
  second_totals_.record(request.total);
}

void recorder::record_dropped(std::size_t stage, std::size_t endpoint, instant intended) {
  ++cells_[stage * endpoints_ + endpoint]->requests.dropped;
  for (auto const& fault : faults_) {
    if (fault->spec->endpoint == endpoint && fault->covers(intended)) {
      ++fault->inside.requests.dropped;
    }
  }
}

void recorder::record_lag(std::size_t stage, duration lag) {
  second_lag_.record(lag);
  if (what_.stages[stage].record == scenario::stage_spec::recording::recorded) {
    lag_.record(lag);
  }
}

void recorder::add(measurement& to, request_record const& request) {
  to.requests.late += request.late_by > late_after ? 1U : 0U;
  if (request.wait) {
    to.latency.wait.record(*request.wait);
  }
  if (request.failed) {
    to.record_failure(request.failed->where, request.failed->kind, request.failed->detail);
    return;
  }
  ++to.requests.succeeded;
  to.latency.service.record(*request.service);
  to.latency.total.record(request.total);
  to.latency.total_uncorrected.record(request.total_uncorrected);
}

void recorder::record_open(std::size_t stage, std::size_t endpoint, duration took) {
  cells_[stage * endpoints_ + endpoint]->latency.open.record(took);
}

void recorder::record_check(std::size_t stage, std::size_t endpoint, duration took) {
  cells_[stage * endpoints_ + endpoint]->latency.check.record(took);
}

recorder::second recorder::take_second() {
  second taken;
  taken.requests = second_totals_.count();
  taken.errors = second_errors_;
  taken.p50 = second_totals_.quantile(0.5);
  taken.p99 = second_totals_.quantile(0.99);
  taken.lag_p99 = second_lag_.quantile(0.99);
  second_totals_.reset();
  second_lag_.reset();
  second_errors_ = 0;
  return taken;
}

} // namespace conecta::run
