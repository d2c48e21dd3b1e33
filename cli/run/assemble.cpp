#include "run/assemble.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sys/utsname.h>
#include <system_error>
#include <thread>

namespace conecta::run {

namespace {

using recording = scenario::stage_spec::recording;

/// Nothing recorded, nothing counted.
pool_figures whole_life(service const& of) {
  return figures_between(pool_stats{}, of.stats(), duration::zero());
}

pool_peaks own_peaks(pool_stats const& stats) {
  return {stats.peak_live, stats.peak_leased, stats.peak_waiters};
}

pool_figures between(snapshot const& before, snapshot const& after, duration elapsed) {
  pool_figures sum;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    sum.add(figures_between(before[i], after[i], elapsed));
  }
  sum.churned_over = elapsed;
  return sum;
}

/// Above it a thread has no time to spare when several events come at once.
constexpr double busy_enough_to_warn = 0.95;

class assembler {
 public:
  explicit assembler(gathered const& facts) : facts_{facts} {
    for (std::size_t stage = 0; stage + 1 < facts.stage_starts.size(); ++stage) {
      auto const& spec = facts.what.stages[stage];
      auto const ended = std::min(facts.origin + spec.start + spec.length, facts.load_ended);
      lengths_.push_back(std::max(duration::zero(), ended - (facts.origin + spec.start)));
    }
  }

  result make() {
    result found;
    found.scenario_name = facts_.what.name;
    found.scenario_json = facts_.what.resolved;
    found.seed = facts_.what.seed;
    found.started_at = utc(facts_.started_at);
    found.length = std::chrono::steady_clock::now() - facts_.origin;
    for (std::size_t stage = 0; stage < lengths_.size(); ++stage) {
      found.stages.push_back(stage_of(stage, found));
    }
    for (std::size_t endpoint = 0; endpoint < facts_.services.size(); ++endpoint) {
      found.endpoints.push_back(endpoint_of(endpoint));
      found.wire.add(found.endpoints.back().wire);
    }
    for (std::size_t fault = 0; fault < facts_.what.faults.size(); ++fault) {
      found.faults.push_back(fault_of(fault));
    }
    sum_up(found);
    count_offered(found);
    found.series = facts_.samples.series();
    describe_self(found);
    return found;
  }

 private:
  [[nodiscard]] bool is_recorded(std::size_t stage) const {
    return facts_.what.stages[stage].record == recording::recorded;
  }

  [[nodiscard]] duration recorded_time() const {
    auto sum = duration::zero();
    for (std::size_t stage = 0; stage < lengths_.size(); ++stage) {
      sum += is_recorded(stage) ? lengths_[stage] : duration::zero();
    }
    return sum;
  }

  stage_result stage_of(std::size_t stage, result& found) const {
    auto const& spec = facts_.what.stages[stage];
    stage_result made;
    made.name = spec.name;
    made.kept =
        is_recorded(stage) ? stage_result::recording::recorded : stage_result::recording::warm_up;
    made.start = spec.start;
    made.length = lengths_[stage];
    made.figures.recorded = lengths_[stage];
    auto const& before = facts_.stage_starts[stage];
    auto const& after = facts_.stage_starts[stage + 1];
    made.figures.pool = between(before, after, lengths_[stage]);
    for (std::size_t endpoint = 0; endpoint < facts_.services.size(); ++endpoint) {
      auto const& cell = facts_.records.cell(stage, endpoint);
      made.figures.measured.merge(cell);
      cell_result one{spec.name, facts_.what.endpoints[endpoint].id, {}};
      one.figures.measured.merge(cell);
      one.figures.recorded = lengths_[stage];
      one.figures.pool = figures_between(before[endpoint], after[endpoint], lengths_[stage]);
      found.cells.push_back(std::move(one));
    }
    return made;
  }

  endpoint_result endpoint_of(std::size_t endpoint) const {
    auto const& service = *facts_.services[endpoint];
    endpoint_result made;
    made.id = facts_.what.endpoints[endpoint].id;
    made.url = service.url();
    made.wire = service.wire();
    made.figures.recorded = recorded_time();
    made.figures.pool = whole_life(service);
    made.figures.pool.peak = own_peaks(service.stats());
    add_churn(made.figures.pool, endpoint, endpoint + 1);
    for (std::size_t stage = 0; stage < lengths_.size(); ++stage) {
      if (is_recorded(stage)) {
        made.figures.measured.merge(facts_.records.cell(stage, endpoint));
      }
    }
    return made;
  }

  /// Churn is over recorded time only, whatever the rest of the block counts.
  void add_churn(pool_figures& figures, std::size_t first, std::size_t last) const {
    figures.churned = 0;
    figures.churned_over = recorded_time();
    for (std::size_t stage = 0; stage < lengths_.size(); ++stage) {
      for (auto endpoint = first; is_recorded(stage) && endpoint < last; ++endpoint) {
        auto const& before = facts_.stage_starts[stage][endpoint];
        auto const& after = facts_.stage_starts[stage + 1][endpoint];
        figures.churned += after.opened - before.opened + after.closed - before.closed;
      }
    }
  }

  fault_result fault_of(std::size_t fault) const {
    auto const& spec = facts_.what.faults[fault];
    auto const& cell = *facts_.records.faults()[fault];
    auto const& window = facts_.windows[fault];
    fault_result made;
    made.id = spec.id;
    made.type = fault::name_of(spec.type);
    made.endpoint = facts_.what.endpoints[spec.endpoint].id;
    made.start = spec.start;
    made.end = spec.end();
    made.injected = facts_.services[spec.endpoint]->injected(spec.id);
    made.figures.measured.merge(cell.inside);
    auto const ended = std::min(facts_.origin + made.end, facts_.load_ended);
    made.figures.recorded = spec.open_until(ended - facts_.origin);
    auto const spanned = std::max(duration::zero(), ended - (facts_.origin + made.start));
    if (!window.before.empty()) { // an interrupted run may have ended before the window
      auto const& after = window.after.empty() ? facts_.stage_starts.back() : window.after;
      made.figures.pool =
          figures_between(window.before[spec.endpoint], after[spec.endpoint], spanned);
    }
    made.recovered = made.injected > 0 ? cell.recovery.finish(facts_.load_ended) : not_struck(spec);
    if (cell.outside.count() > 0) {
      made.total_outside = cell.outside;
    }
    return made;
  }

  void sum_up(result& found) const {
    found.total.recorded = recorded_time();
    for (auto const& stage : found.stages) {
      if (stage.kept == stage_result::recording::recorded) {
        found.total.measured.merge(stage.figures.measured);
      }
    }
    for (auto const& service : facts_.services) {
      found.total.pool.add(whole_life(*service));
    }
    found.total.pool.peak = facts_.samples.peaks();
    add_churn(found.total.pool, 0, facts_.services.size());
  }

  /// Whatever the schedule asked for was attempted or dropped.
  void count_offered(result& found) const {
    if (facts_.what.workload.model != scenario::load_model::open) {
      return;
    }
    auto const count = [](block& of) {
      of.offered = of.measured.requests.attempted() + of.measured.requests.dropped;
    };
    count(found.total);
    for (auto& each : found.stages) {
      count(each.figures);
    }
    for (auto& each : found.endpoints) {
      count(each.figures);
    }
    for (auto& each : found.cells) {
      count(each.figures);
    }
    for (auto& each : found.faults) {
      count(each.figures);
    }
  }

  void describe_self(result& found) const {
    found.self.schedule_lag = facts_.records.lag();
    auto const elapsed = std::chrono::duration<double>(found.length).count();
    auto const used = std::chrono::duration<double>(processor_time()).count();
    found.self.cpu_ratio = elapsed > 0 ? std::optional{used / elapsed} : std::nullopt;
    found.tool.version = CONECTA_VERSION;
    utsname system{};
    if (::uname(&system) == 0) {
      found.host.system = std::string{system.sysname} + " " + system.release;
      found.host.machine = system.machine;
    }
    found.host.cpus = std::thread::hardware_concurrency();
    warn(found);
  }

  /// Of what makes the figures the tool's rather than the endpoints'.
  void warn(result& found) const {
    auto& warnings = found.self.warnings;
    auto const busy = std::chrono::duration<double>(facts_.load_thread_time) /
                      std::chrono::duration<double>(facts_.load_ended - facts_.origin);
    if (busy > busy_enough_to_warn) {
      auto const open = facts_.what.workload.model == scenario::load_model::open;
      warnings.push_back("the thread that makes the load was busy " +
                         std::to_string(std::lround(busy * 100)) +
                         " % of the time: latencies have waiting for it in them, and the rate is "
                         "as much as it can do. " +
                         (open ? "A lower rate shows" : "Fewer workers, or a think time, show") +
                         " the endpoints");
    }
    if (auto const lag = facts_.records.lag().quantile(0.99); lag && *lag > late_after) {
      warnings.push_back(
          "the load was late itself: one in a hundred requests came up more than " +
          std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(*lag).count()) +
          " us after they were due, which total has in it");
    }
    std::uint64_t without_descriptor = 0;
    for (auto const& row : found.total.measured.errors.sorted()) {
      without_descriptor += row.kind == error_kind::fd_limit ? row.count : 0;
    }
    auto const asked_for =
        std::any_of(facts_.what.faults.begin(), facts_.what.faults.end(),
                    [](auto const& each) { return each.type == fault::fault_type::fd_limit; });
    if (without_descriptor > 0 && !asked_for) {
      warnings.push_back(std::to_string(without_descriptor) +
                         " requests failed for want of a descriptor: raise ulimit -n");
    }
    for (auto const& service : facts_.services) {
      for (auto const& failed : service->failed_faults()) {
        warnings.push_back("the fault " + failed.id + " could not be done: " + failed.why);
      }
    }
    for (std::size_t index = 0; index < facts_.services.size(); ++index) {
      warn_of_relay(facts_.what.endpoints[index], facts_.services[index]->relayed(), warnings);
    }
  }

  /// What a client cannot be told by a relay stands here. An embedded server is away only because
  /// a fault asks for it.
  static void warn_of_relay(scenario::endpoint_spec const& of, relay_tally const& passed,
                            std::vector<std::string>& warnings) {
    if (passed.turned_away > 0) {
      warnings.push_back("the relay of " + of.id + " had no room for " +
                         std::to_string(passed.turned_away) +
                         " datagrams or connections, which are lost");
    }
    if (passed.unreachable > 0 && !of.target) {
      auto const tcp = of.kind == net::transport::tcp;
      warnings.push_back("the relay of " + of.id + " could not reach the server for " +
                         std::to_string(passed.unreachable) +
                         (tcp ? " connections, which it reset: "
                              : " clients, which it left "
                                "without an answer: ") +
                         std::generic_category().message(passed.first_obstacle));
    }
  }

  /// Nobody can recover from what did not happen.
  [[nodiscard]] recovery not_struck(fault::fault_spec const& spec) const {
    recovery made;
    made.reason = "the fault never struck";
    if (facts_.origin + spec.start >= facts_.load_ended) {
      made.reason = "the load ended before this fault";
    }
    auto const& failed = facts_.services[spec.endpoint]->failed_faults();
    if (auto const found = std::ranges::find(failed, spec.id, &failed_fault::id);
        found != failed.end()) {
      made.reason = "the fault could not be done: " + found->why;
    }
    return made;
  }

  static std::string utc(std::time_t when) {
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    char text[32];
    auto const size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
  }

  gathered const& facts_;
  std::vector<duration> lengths_; ///< of the stages that began
};

bool awaits_replies(scenario::scenario const& what, std::size_t endpoint) {
  return std::any_of(
      what.workload.requests.begin(), what.workload.requests.end(), [&](auto const& each) {
        auto const at = std::find(each.endpoints.begin(), each.endpoints.end(), endpoint);
        return at != each.endpoints.end() && !std::holds_alternative<net::no_reply>(each.reply);
      });
}

} // namespace

result assemble(gathered const& facts) { return assembler{facts}.make(); }

bool reached_anything(gathered const& facts) {
  for (std::size_t index = 0; index < facts.services.size(); ++index) {
    auto const& spec = facts.what.endpoints[index];
    auto const& service = *facts.services[index];
    auto const silent =
        spec.kind == net::transport::udp && !spec.check && awaits_replies(facts.what, index);
    auto const passed = service.relayed(); // it accepts before it knows
    bool const opened =
        service.stats().opened > 0 &&
        (passed.unreachable == 0 || passed.reached > 0 || spec.kind == net::transport::udp);
    if (silent ? service.wire().replies_received > 0 : opened) {
      return true;
    }
  }
  return false;
}

} // namespace conecta::run
