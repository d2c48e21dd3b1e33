#include "run/measurement.hpp"

namespace conecta::run {

void latencies::merge(latencies const& other) noexcept {
  wait.merge(other.wait);
  open.merge(other.open);
  check.merge(other.check);
  service.merge(other.service);
  total.merge(other.total);
  total_uncorrected.merge(other.total_uncorrected);
}

void latencies::reset() noexcept {
  wait.reset();
  open.reset();
  check.reset();
  service.reset();
  total.reset();
  total_uncorrected.reset();
}

void request_counts::merge(request_counts const& other) noexcept {
  succeeded += other.succeeded;
  failed += other.failed;
  dropped += other.dropped;
  late += other.late;
}

void measurement::record_failure(phase where, error_kind kind, std::string_view detail) {
  ++requests.failed;
  errors.record(where, kind, detail);
}

void measurement::merge(measurement const& other) {
  latency.merge(other.latency);
  requests.merge(other.requests);
  errors.merge(other.errors);
}

void measurement::reset() {
  latency.reset();
  requests = {};
  errors = {};
}

} // namespace conecta::run
