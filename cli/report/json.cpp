#include "report/json.hpp"

#include "report/hdr.hpp"
#include "report/safe_text.hpp"
#include "scenario/metric.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <utility>

namespace conecta::report {

namespace {

using json = nlohmann::ordered_json;

json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? json(*value) : json(nullptr);
}

json nanoseconds(std::optional<duration> value) {
  return value ? json(value->count()) : json(nullptr);
}

// A mean of nanoseconds means nothing beyond a tenth of one.
json tenths(std::optional<double> value) {
  return value ? number(std::round(*value * 10) / 10) : json(nullptr);
}

json text(std::optional<std::string> const& value) {
  return value ? json(safe_text(*value)) : json(nullptr);
}

json reason_text(std::string const& value) { return value.empty() ? json(nullptr) : text(value); }

json of(stats::histogram const& values) {
  json out;
  out["count"] = values.count();
  out["min_ns"] = nanoseconds(values.min());
  out["mean_ns"] = tenths(values.mean());
  out["stdev_ns"] = tenths(values.stdev());
  out["p50_ns"] = nanoseconds(values.quantile(0.5));
  out["p90_ns"] = nanoseconds(values.quantile(0.9));
  out["p99_ns"] = nanoseconds(values.quantile(0.99));
  out["p99_9_ns"] = nanoseconds(values.quantile(0.999));
  out["p99_99_ns"] = nanoseconds(values.quantile(0.9999));
  out["max_ns"] = nanoseconds(values.max());
  out["hdr"] = encode_hdr(values);
  return out;
}

json of(run::latencies const& all) {
  json out;
  out["wait"] = of(all.wait);
  out["open"] = of(all.open);
  out["check"] = of(all.check);
  out["service"] = of(all.service);
  out["total"] = of(all.total);
  out["total_uncorrected"] = of(all.total_uncorrected);
  return out;
}

json requests_of(run::block const& block) {
  auto const& counts = block.measured.requests;
  json out;
  out["attempted"] = counts.attempted();
  out["succeeded"] = counts.succeeded;
  out["failed"] = counts.failed;
  out["dropped"] = counts.dropped;
  out["late"] = counts.late;
  out["rate_per_s"] = number(block.rate_per_s());
  out["offered_per_s"] = number(block.offered_per_s());
  out["error_ratio"] = number(block.error_ratio());
  return out;
}

json of(run::error_table const& errors) {
  auto out = json::array();
  for (auto const& row : errors.sorted()) {
    json one;
    one["phase"] = name_of(row.where);
    one["kind"] = name_of(row.kind);
    one["detail"] = safe_text(row.detail);
    one["count"] = row.count;
    out.push_back(std::move(one));
  }
  return out;
}

enum class reasons : std::uint8_t { all, of_evictions };

json of(counts_by_reason const& counts, reasons which) {
  json out = json::object();
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    auto const reason = static_cast<close_reason>(index);
    if (which == reasons::all || reason != close_reason::shutdown) {
      out[std::string{name_of(reason)}] = counts[reason];
    }
  }
  return out;
}

json of(std::optional<run::pool_peaks> const& peak) {
  json out;
  out["live"] = peak ? json(peak->live) : json(nullptr);
  out["leased"] = peak ? json(peak->leased) : json(nullptr);
  out["waiters"] = peak ? json(peak->waiters) : json(nullptr);
  return out;
}

json of(run::pool_figures const& pool) {
  json out;
  out["opened"] = pool.opened;
  out["open_failed"] = pool.open_failed;
  out["closed"] = pool.closed;
  out["closed_by"] = of(pool.closed_by, reasons::all);
  out["evicted"] = pool.evicted();
  out["evicted_by"] = of(pool.evicted_by, reasons::of_evictions);
  out["churn_per_s"] = number(pool.churn_per_s());
  out["reuse_ratio"] = number(pool.reuse_ratio());
  out["acquired"] = pool.acquired;
  out["returned"] = pool.returned;
  out["timed_out"] = pool.timed_out;
  out["cancelled"] = pool.cancelled;
  out["rejected"] = pool.rejected;
  out["checks"]["ok"] = pool.checks_ok;
  out["checks"]["failed"] = pool.checks_failed;
  out["peak"] = of(pool.peak);
  out["leaked"] = pool.leaked;
  return out;
}

void put_block(json& out, run::block const& block) {
  out["latency"] = of(block.measured.latency);
  out["requests"] = requests_of(block);
  out["errors"] = of(block.measured.errors);
  out["pool"] = of(block.pool);
}

json of(run::wire_counts const& wire) {
  json out;
  out["connections_established"] = wire.connections_established;
  out["requests_sent"] = wire.requests_sent;
  out["checks_sent"] = wire.checks_sent;
  out["replies_received"] = wire.replies_received;
  out["datagrams_stale"] = wire.datagrams_stale;
  return out;
}

json of(run::stage_result const& stage) {
  json out;
  out["name"] = safe_text(stage.name);
  out["recorded"] = stage.kept == run::stage_result::recording::recorded;
  out["start_ns"] = stage.start.count();
  out["duration_ns"] = stage.length.count();
  put_block(out, stage.figures);
  return out;
}

json of(run::endpoint_result const& endpoint) {
  json out;
  out["id"] = safe_text(endpoint.id);
  out["url"] = safe_text(endpoint.url);
  put_block(out, endpoint.figures);
  out["wire"] = of(endpoint.wire);
  return out;
}

json of(std::optional<run::recovery_baseline> const& baseline) {
  if (!baseline) {
    return nullptr;
  }
  json out;
  out["requests"] = baseline->requests;
  out["success_ratio"] = number(baseline->success_ratio);
  out["p90_ns"] = baseline->p90.count();
  return out;
}

json of(run::fault_result const& fault) {
  json out;
  out["id"] = safe_text(fault.id);
  out["type"] = safe_text(fault.type);
  out["endpoint"] = safe_text(fault.endpoint);
  out["start_ns"] = fault.start.count();
  out["end_ns"] = fault.end.count();
  out["injected"] = fault.injected;
  out["recovered_after_ns"] = nanoseconds(fault.recovered.after);
  out["baseline"] = of(fault.recovered.baseline);
  out["reason"] = reason_text(fault.recovered.reason);
  out["outside"]["total"] = fault.total_outside ? of(*fault.total_outside) : json(nullptr);
  put_block(out, fault.figures);
  return out;
}

char const* unit_name(std::string_view metric) {
  switch (scenario::unit_of_metric(metric).value_or(scenario::metric_unit::count)) {
  case scenario::metric_unit::duration:
    return "ns";
  case scenario::metric_unit::count:
    return "count";
  case scenario::metric_unit::ratio:
    return "ratio";
  case scenario::metric_unit::per_second:
    return "per_s";
  }
  return "";
}

json of(run::threshold_result const& threshold) {
  auto const& demanded = threshold.demanded;
  json out;
  out["metric"] = safe_text(demanded.metric);
  out["stage"] = text(demanded.stage);
  out["endpoint"] = text(demanded.endpoint);
  out["fault"] = text(demanded.fault);
  out["bound"] = name_of(demanded.kind);
  out["limit"] = number(demanded.limit);
  out["observed"] = number(threshold.observed);
  out["unit"] = unit_name(demanded.metric);
  out["min_samples"] = demanded.min_samples ? json(*demanded.min_samples) : json(nullptr);
  out["ok"] = threshold.judged == run::threshold_result::outcome::not_judged ? json(nullptr)
                                                                             : json(threshold.ok());
  out["reason"] = reason_text(threshold.reason);
  return out;
}

json of(run::invariant_result const& invariant) {
  json out;
  out["name"] = safe_text(invariant.name);
  out["status"] = name_of(invariant.judged);
  out["detail"] = safe_text(invariant.detail);
  out["endpoint"] = text(invariant.endpoint);
  return out;
}

json of(run::series_point const& point) {
  json out;
  out["t_ns"] = point.at.count();
  out["requests"] = point.requests;
  out["errors"] = point.errors;
  out["p50_ns"] = nanoseconds(point.p50);
  out["p99_ns"] = nanoseconds(point.p99);
  out["rate_per_s"] = number(point.rate_per_s);
  out["idle"] = point.idle;
  out["leased"] = point.leased;
  out["opening"] = point.opening;
  out["waiters"] = point.waiters;
  out["opened"] = point.opened;
  out["closed"] = point.closed;
  out["cpu"] = number(point.cpu);
  out["lag_p99_ns"] = nanoseconds(point.lag_p99);
  return out;
}

template <class Element>
json list_of(std::vector<Element> const& elements) {
  auto out = json::array();
  for (auto const& element : elements) {
    out.push_back(of(element));
  }
  return out;
}

json of(run::self_figures const& self) {
  json out;
  out["cpu_ratio"] = number(self.cpu_ratio);
  out["schedule_lag"] = of(self.schedule_lag);
  out["warnings"] = json::array();
  for (auto const& warning : self.warnings) {
    out["warnings"].push_back(safe_text(warning));
  }
  return out;
}

json scenario_of(run::result const& found) {
  auto parsed = json::parse(found.scenario_json, nullptr, /* allow_exceptions */ false);
  return parsed.is_discarded() ? json(nullptr) : parsed;
}

} // namespace

json to_json(run::result const& found) {
  json out;
  out["schema"] = "conecta.bench/1";
  out["name"] = safe_text(found.scenario_name);
  out["started_at"] = safe_text(found.started_at);
  out["duration_ns"] = found.length.count();
  out["recorded_ns"] = found.total.recorded.count();
  out["complete"] = found.ended != run::completion::interrupted;
  out["verdict"] = name_of(found.judged);
  out["seed"] = found.seed;
  put_block(out, found.total);
  out["wire"] = of(found.wire);
  out["stages"] = list_of(found.stages);
  out["endpoints"] = list_of(found.endpoints);
  out["faults"] = list_of(found.faults);
  out["thresholds"] = list_of(found.thresholds);
  out["invariants"] = list_of(found.invariants);
  out["series"] = list_of(found.series);
  out["self"] = of(found.self);
  out["scenario"] = scenario_of(found);
  out["tool"]["name"] = found.tool.name;
  out["tool"]["version"] = found.tool.version;
  out["host"]["system"] = safe_text(found.host.system);
  out["host"]["machine"] = safe_text(found.host.machine);
  out["host"]["cpus"] = found.host.cpus;
  return out;
}

std::string json_text(run::result const& found) {
  return to_json(found).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace conecta::report
