#include "run/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace conecta::run {

using scenario::bound;
using scenario::needs_fault;

namespace {

std::optional<double> number(std::uint64_t count) { return static_cast<double>(count); }

std::optional<double> nanoseconds(std::optional<duration> value) {
  return value ? std::optional{static_cast<double>(value->count())} : std::nullopt;
}

std::optional<double> latency_figure(stats::histogram const& values, std::string_view figure) {
  constexpr std::array quantiles = {std::pair{"p50", 0.5}, std::pair{"p90", 0.9},
                                    std::pair{"p99", 0.99}, std::pair{"p99_9", 0.999},
                                    std::pair{"p99_99", 0.9999}};
  for (auto const& [name, fraction] : quantiles) {
    if (figure == name) {
      return nanoseconds(values.quantile(fraction));
    }
  }
  if (figure == "count") {
    return number(values.count());
  }
  if (figure == "min") {
    return nanoseconds(values.min());
  }
  if (figure == "max") {
    return nanoseconds(values.max());
  }
  if (figure == "mean") {
    return values.mean();
  }
  return figure == "stdev" ? values.stdev() : std::nullopt;
}

std::optional<double> request_figure(block const& where, std::string_view figure) {
  auto const& requests = where.measured.requests;
  std::array const known = {
      std::pair{"attempted", number(requests.attempted())},
      std::pair{"succeeded", number(requests.succeeded)},
      std::pair{"failed", number(requests.failed)},
      std::pair{"dropped", number(requests.dropped)},
      std::pair{"late", number(requests.late)},
      std::pair{"rate_per_s", where.rate_per_s()},
      std::pair{"offered_per_s", where.offered_per_s()},
      std::pair{"error_ratio", where.error_ratio()},
  };
  for (auto const& [name, value] : known) {
    if (figure == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<double> by_reason(counts_by_reason const& counts, std::string_view reason) {
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    auto const candidate = static_cast<close_reason>(index);
    if (name_of(candidate) == reason) {
      return number(counts[candidate]);
    }
  }
  return std::nullopt;
}

std::optional<double> peak_figure(std::optional<pool_peaks> const& peak, std::string_view figure) {
  if (!peak) {
    return std::nullopt;
  }
  return number(figure == "live" ? peak->live : figure == "leased" ? peak->leased : peak->waiters);
}

std::optional<double> pool_figure(pool_figures const& pool, std::string_view figure) {
  if (auto const dot = figure.find('.'); dot != std::string_view::npos) {
    auto const group = figure.substr(0, dot);
    auto const member = figure.substr(dot + 1);
    if (group == "closed_by") {
      return by_reason(pool.closed_by, member);
    }
    if (group == "evicted_by") {
      return by_reason(pool.evicted_by, member);
    }
    if (group == "peak") {
      return peak_figure(pool.peak, member);
    }
    return number(member == "ok" ? pool.checks_ok : pool.checks_failed);
  }
  std::array const known = {
      std::pair{"opened", number(pool.opened)},
      std::pair{"open_failed", number(pool.open_failed)},
      std::pair{"closed", number(pool.closed)},
      std::pair{"evicted", number(pool.evicted())},
      std::pair{"churn_per_s", pool.churn_per_s()},
      std::pair{"reuse_ratio", pool.reuse_ratio()},
      std::pair{"acquired", number(pool.acquired)},
      std::pair{"returned", number(pool.returned)},
      std::pair{"timed_out", number(pool.timed_out)},
      std::pair{"cancelled", number(pool.cancelled)},
      std::pair{"rejected", number(pool.rejected)},
      std::pair{"leaked", number(pool.leaked)},
  };
  for (auto const& [name, value] : known) {
    if (figure == name) {
      return value;
    }
  }
  return std::nullopt;
}

stats::histogram const* latency_named(latencies const& all, std::string_view name) {
  std::array const known = {
      std::pair{"wait", &all.wait},   std::pair{"open", &all.open},
      std::pair{"check", &all.check}, std::pair{"service", &all.service},
      std::pair{"total", &all.total}, std::pair{"total_uncorrected", &all.total_uncorrected},
  };
  for (auto const& [candidate, values] : known) {
    if (name == candidate) {
      return values;
    }
  }
  return nullptr;
}

template <class Element, class Predicate>
Element const* find(std::vector<Element> const& elements, Predicate matches) {
  auto const found = std::find_if(elements.begin(), elements.end(), matches);
  return found == elements.end() ? nullptr : &*found;
}

fault_result const* fault_of(scenario::threshold const& demanded, result const& found) {
  return find(found.faults, [&](fault_result const& fault) { return fault.id == *demanded.fault; });
}

// The block that a threshold's selectors name, or null.
block const* selected(scenario::threshold const& demanded, result const& found) {
  if (demanded.fault) {
    auto const* fault = fault_of(demanded, found);
    return fault == nullptr ? nullptr : &fault->figures;
  }
  if (demanded.stage && demanded.endpoint) {
    auto const* cell = find(found.cells, [&](cell_result const& candidate) {
      return candidate.stage == *demanded.stage && candidate.endpoint == *demanded.endpoint;
    });
    return cell == nullptr ? nullptr : &cell->figures;
  }
  if (demanded.stage) {
    auto const* stage = find(found.stages, [&](stage_result const& candidate) {
      return candidate.name == *demanded.stage;
    });
    return stage == nullptr ? nullptr : &stage->figures;
  }
  if (demanded.endpoint) {
    auto const* endpoint = find(found.endpoints, [&](endpoint_result const& candidate) {
      return candidate.id == *demanded.endpoint;
    });
    return endpoint == nullptr ? nullptr : &endpoint->figures;
  }
  return &found.total;
}

bool keeps(scenario::threshold const& demanded, double observed) {
  switch (demanded.kind) {
  case bound::max:
    return observed <= demanded.limit;
  case bound::min:
    return observed >= demanded.limit;
  case bound::equals:
    // Quotients are not exact in binary; everything else is.
    return std::abs(observed - demanded.limit) <= 1e-9 * std::max(1.0, std::abs(demanded.limit));
  }
  return false;
}

// The figure and, where there is none, why.
struct looked_up {
  metric_value figure;
  std::string reason;
};

looked_up look_up(scenario::threshold const& demanded, result const& found) {
  if (scenario::is_of_schedule(demanded.metric)) {
    auto const& lag = found.self.schedule_lag;
    auto const figure = std::string_view{demanded.metric}.substr(demanded.metric.find('.') + 1);
    return {{latency_figure(lag, figure), lag.count()}, lag.empty() ? "nothing was scheduled" : ""};
  }
  auto const* where = selected(demanded, found);
  if (where == nullptr) {
    return {{}, "the run did not get that far"};
  }
  if (!needs_fault(demanded.metric)) {
    auto figure = value_of(*where, demanded.metric);
    auto reason = figure.value ? std::string{} : "nothing was measured";
    return {figure, std::move(reason)};
  }
  auto const& fault = *fault_of(demanded, found);
  if (demanded.metric == "injected") {
    return {{number(fault.injected), fault.injected}, {}};
  }
  auto const& recovered = fault.recovered;
  metric_value figure{nanoseconds(recovered.after),
                      recovered.baseline ? recovered.baseline->requests : 0};
  return {figure, recovered.reason};
}

} // namespace

metric_value value_of(block const& where, std::string_view path) {
  auto const dot = path.find('.');
  auto const head = path.substr(0, dot);
  auto const figure = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  if (head == "requests") {
    return {request_figure(where, figure), where.measured.requests.attempted()};
  }
  if (head == "pool") {
    return {pool_figure(where.pool, figure), where.pool.acquired};
  }
  if (auto const* values = latency_named(where.measured.latency, head)) {
    return {latency_figure(*values, figure), values->count()};
  }
  return {};
}

threshold_result judge(scenario::threshold const& demanded, result const& found) {
  threshold_result out;
  out.demanded = demanded;
  if (found.ended == completion::interrupted) {
    out.judged = threshold_result::outcome::not_judged;
    out.reason = "the run was interrupted";
    return out;
  }
  if (auto mistake = scenario::selector_mistake(demanded)) {
    out.reason = std::move(*mistake);
    return out;
  }
  auto const [figure, reason] = look_up(demanded, found);
  out.observed = figure.value;
  if (!figure.value) {
    out.reason = reason;
  } else if (demanded.min_samples && figure.samples < *demanded.min_samples) {
    out.reason = std::to_string(figure.samples) + " samples, " +
                 std::to_string(*demanded.min_samples) + " are asked for";
  } else if (keeps(demanded, *figure.value)) {
    out.judged = threshold_result::outcome::kept;
  }
  return out;
}

verdict overall_verdict(result const& found) noexcept {
  if (found.ended == completion::interrupted) {
    return verdict::incomplete;
  }
  if (found.ended == completion::nothing_reached) {
    return verdict::fail;
  }
  auto const broken = std::any_of(found.thresholds.begin(), found.thresholds.end(),
                                  [](threshold_result const& one) { return !one.ok(); });
  auto const violated =
      std::any_of(found.invariants.begin(), found.invariants.end(),
                  [](auto const& one) { return one.judged == invariant_result::status::violated; });
  return broken || violated ? verdict::fail : verdict::pass;
}

void judge_all(result& found, std::span<scenario::threshold const> demanded) {
  found.thresholds.clear();
  for (auto const& one : demanded) {
    found.thresholds.push_back(judge(one, found));
  }
  found.judged = overall_verdict(found);
}

} // namespace conecta::run
