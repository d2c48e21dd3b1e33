#include "scenario/metric.hpp"

#include <conecta/stats.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace conecta::scenario {

namespace {

struct metric_entry {
  std::string path;
  metric_unit unit;
};

constexpr std::array latency_names = {"wait",    "open",  "check",
                                      "service", "total", "total_uncorrected"};

constexpr std::array latency_figures = {
    std::pair{"count", metric_unit::count},     std::pair{"min", metric_unit::duration},
    std::pair{"mean", metric_unit::duration},   std::pair{"stdev", metric_unit::duration},
    std::pair{"p50", metric_unit::duration},    std::pair{"p90", metric_unit::duration},
    std::pair{"p99", metric_unit::duration},    std::pair{"p99_9", metric_unit::duration},
    std::pair{"p99_99", metric_unit::duration}, std::pair{"max", metric_unit::duration},
};

constexpr std::array request_figures = {
    std::pair{"attempted", metric_unit::count},
    std::pair{"succeeded", metric_unit::count},
    std::pair{"failed", metric_unit::count},
    std::pair{"dropped", metric_unit::count},
    std::pair{"late", metric_unit::count},
    std::pair{"rate_per_s", metric_unit::per_second},
    std::pair{"offered_per_s", metric_unit::per_second},
    std::pair{"error_ratio", metric_unit::ratio},
};

constexpr std::array pool_figures_after_reasons = {
    std::pair{"churn_per_s", metric_unit::per_second},
    std::pair{"reuse_ratio", metric_unit::ratio},
    std::pair{"acquired", metric_unit::count},
    std::pair{"returned", metric_unit::count},
    std::pair{"timed_out", metric_unit::count},
    std::pair{"cancelled", metric_unit::count},
    std::pair{"rejected", metric_unit::count},
    std::pair{"checks.ok", metric_unit::count},
    std::pair{"checks.failed", metric_unit::count},
    std::pair{"peak.live", metric_unit::count},
    std::pair{"peak.leased", metric_unit::count},
    std::pair{"peak.waiters", metric_unit::count},
    std::pair{"leaked", metric_unit::count},
};

std::vector<metric_entry> make_entries() {
  std::vector<metric_entry> out;
  for (auto const* latency : latency_names) {
    for (auto const& [figure, unit] : latency_figures) {
      out.push_back({std::string{latency} + "." + figure, unit});
    }
  }
  for (auto const& [figure, unit] : request_figures) {
    out.push_back({std::string{"requests."} + figure, unit});
  }
  auto const with_reasons = [&out](std::string const& name, auto&& admits) {
    out.push_back({name, metric_unit::count});
    for (std::size_t index = 0; index < close_reason_count; ++index) {
      auto const reason = static_cast<close_reason>(index);
      if (admits(reason)) {
        out.push_back({name + "_by." + std::string{name_of(reason)}, metric_unit::count});
      }
    }
  };
  out.push_back({"pool.opened", metric_unit::count});
  out.push_back({"pool.open_failed", metric_unit::count});
  with_reasons("pool.closed", [](close_reason) { return true; });
  with_reasons("pool.evicted",
               [](close_reason reason) { return reason != close_reason::shutdown; });
  for (auto const& [figure, unit] : pool_figures_after_reasons) {
    out.push_back({std::string{"pool."} + figure, unit});
  }
  out.push_back({"injected", metric_unit::count});
  out.push_back({"recovered_after", metric_unit::duration});
  for (auto const& [figure, unit] : latency_figures) {
    out.push_back({std::string{"schedule_lag."} + figure, unit});
  }
  return out;
}

std::vector<metric_entry> const& entries() {
  static auto const all = make_entries();
  return all;
}

} // namespace

std::optional<metric_unit> unit_of_metric(std::string_view path) {
  auto const& all = entries();
  auto const found = std::find_if(all.begin(), all.end(),
                                  [path](metric_entry const& entry) { return entry.path == path; });
  return found == all.end() ? std::nullopt : std::optional{found->unit};
}

std::vector<std::string> const& all_metrics() {
  static auto const names = [] {
    std::vector<std::string> out;
    for (auto const& entry : entries()) {
      out.push_back(entry.path);
    }
    return out;
  }();
  return names;
}

std::optional<std::string> selector_mistake(threshold const& demanded) {
  if (demanded.fault && (demanded.stage || demanded.endpoint)) {
    return "\"fault\" says when and where already: leave out \"stage\" and \"endpoint\"";
  }
  if (needs_fault(demanded.metric) && !demanded.fault) {
    return demanded.metric + " is of a fault: add \"fault\", its id";
  }
  if (is_of_schedule(demanded.metric) && (demanded.fault || demanded.stage || demanded.endpoint)) {
    return "the schedule's lag is of the whole recorded time: name only the metric";
  }
  if (demanded.metric.starts_with("pool.peak.") && (demanded.fault || demanded.stage)) {
    return "peaks are of the whole run: leave out \"stage\" and \"fault\"";
  }
  return std::nullopt;
}

} // namespace conecta::scenario
