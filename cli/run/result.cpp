#include "run/result.hpp"

#include <functional>

namespace conecta::run {

namespace {

std::optional<double> per_second(std::uint64_t count, duration time) noexcept {
  if (time <= duration::zero()) {
    return std::nullopt;
  }
  return static_cast<double>(count) / std::chrono::duration<double>{time}.count();
}

template <class Operation>
counts_by_reason combined(counts_by_reason const& left, counts_by_reason const& right,
                          Operation operation) noexcept {
  counts_by_reason out;
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    auto const reason = static_cast<close_reason>(index);
    out[reason] = operation(left[reason], right[reason]);
  }
  return out;
}

} // namespace

std::uint64_t pool_figures::evicted() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    sum += evicted_by[static_cast<close_reason>(index)];
  }
  return sum;
}

std::optional<double> pool_figures::churn_per_s() const noexcept {
  return per_second(churned, churned_over);
}

std::optional<double> pool_figures::reuse_ratio() const noexcept {
  if (acquired == 0) {
    return std::nullopt;
  }
  // Resources opened to keep min_idle may outnumber the leases: nothing was reused then.
  return opened >= acquired ? 0.0
                            : 1.0 - static_cast<double>(opened) / static_cast<double>(acquired);
}

void pool_figures::add(pool_figures const& other) noexcept {
  opened += other.opened;
  open_failed += other.open_failed;
  closed += other.closed;
  closed_by = combined(closed_by, other.closed_by, std::plus<>{});
  evicted_by = combined(evicted_by, other.evicted_by, std::plus<>{});
  acquired += other.acquired;
  returned += other.returned;
  timed_out += other.timed_out;
  cancelled += other.cancelled;
  rejected += other.rejected;
  checks_ok += other.checks_ok;
  checks_failed += other.checks_failed;
  leaked += other.leaked;
  churned += other.churned;
}

pool_figures figures_between(pool_stats const& before, pool_stats const& after,
                             duration elapsed) noexcept {
  pool_figures out;
  out.opened = after.opened - before.opened;
  out.open_failed = after.open_failed - before.open_failed;
  out.closed = after.closed - before.closed;
  out.closed_by = combined(after.closed_by, before.closed_by, std::minus<>{});
  out.evicted_by = combined(after.evicted_by, before.evicted_by, std::minus<>{});
  out.acquired = after.acquired - before.acquired;
  out.returned = after.returned - before.returned;
  out.timed_out = after.timed_out - before.timed_out;
  out.cancelled = after.cancelled - before.cancelled;
  out.rejected = after.rejected - before.rejected;
  out.checks_ok = after.checks_ok - before.checks_ok;
  out.checks_failed = after.checks_failed - before.checks_failed;
  out.churned = out.opened + out.closed;
  out.churned_over = elapsed;
  return out;
}

std::optional<double> block::rate_per_s() const noexcept {
  return per_second(measured.requests.succeeded, recorded);
}

std::optional<double> block::offered_per_s() const noexcept {
  return offered ? per_second(*offered, recorded) : std::nullopt;
}

std::optional<double> block::error_ratio() const noexcept {
  auto const attempted = measured.requests.attempted();
  if (attempted == 0) {
    return std::nullopt;
  }
  return static_cast<double>(measured.requests.failed) / static_cast<double>(attempted);
}

void wire_counts::add(wire_counts const& other) noexcept {
  connections_established += other.connections_established;
  requests_sent += other.requests_sent;
  checks_sent += other.checks_sent;
  replies_received += other.replies_received;
  datagrams_stale += other.datagrams_stale;
}

std::string_view name_of(invariant_result::status value) noexcept {
  switch (value) {
  case invariant_result::status::held:
    return "held";
  case invariant_result::status::violated:
    return "violated";
  case invariant_result::status::not_judged:
    return "not_judged";
  }
  return "";
}

std::string_view name_of(verdict value) noexcept {
  switch (value) {
  case verdict::pass:
    return "pass";
  case verdict::fail:
    return "fail";
  case verdict::incomplete:
    return "incomplete";
  }
  return "";
}

} // namespace conecta::run
