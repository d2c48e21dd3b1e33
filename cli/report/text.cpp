#include "report/text.hpp"

#include "report/safe_text.hpp"
#include "report/text_faults.hpp"
#include "report/text_judgement.hpp"
#include "report/text_phrases.hpp"
#include "report/units.hpp"

#include <array>
#include <utility>

namespace conecta::report {

namespace {

void put_header(page& out, run::result const& found) {
  auto const seed = "seed " + std::to_string(found.seed);
  auto const name = safe_text(found.scenario_name);
  out.put(fitted(name.empty() ? "a run" : name, page_columns - seed.size() - 2), style::heading);
  out.right(page_columns, seed, style::dim).end_line();
  std::vector<std::string> items;
  items.push_back("ran " + human_duration(found.length));
  items.push_back(human_duration(found.total.recorded) + " recorded");
  if (!found.started_at.empty()) {
    items.push_back("since " + safe_text(found.started_at));
  }
  out.list(items);
  if (found.ended == run::completion::interrupted) {
    out.put("interrupted: what follows is only a part", style::caution).end_line();
  }
}

void put_requests(page& out, run::result const& found) {
  out.gap();
  out.put("requests", style::heading).to(11).list(request_phrases(found.total));
  if (auto const& lag = found.self.schedule_lag; !lag.empty()) {
    out.put("schedule", style::heading).to(11);
    out.list({"lag p50 " + human_duration(lag.quantile(0.5)),
              "p99 " + human_duration(lag.quantile(0.99)), "max " + human_duration(lag.max())});
  }
  if (found.wire != run::wire_counts{}) {
    out.put("wire", style::heading).to(11).list(wire_phrases(found.wire));
  }
}

void put_latency_row(page& out, std::string_view name, stats::histogram const& values) {
  if (values.empty()) {
    return;
  }
  out.to(2).put(name);
  out.right(22, human_duration(values.quantile(0.5)));
  out.right(33, human_duration(values.quantile(0.9)));
  out.right(44, human_duration(values.quantile(0.99)));
  out.right(55, human_duration(values.quantile(0.999)));
  out.right(66, human_duration(values.max()));
  out.right(80, human_count(values.count()), style::dim).end_line();
}

void put_latencies(page& out, run::latencies const& all) {
  if (all.wait.empty() && all.open.empty() && all.total.empty()) {
    return;
  }
  out.gap();
  out.put("latency", style::heading);
  out.right(22, "p50").right(33, "p90").right(44, "p99").right(55, "p99.9").right(66, "max");
  out.right(80, "count", style::dim).end_line();
  put_latency_row(out, "wait", all.wait);
  put_latency_row(out, "open", all.open);
  put_latency_row(out, "check", all.check);
  put_latency_row(out, "service", all.service);
  put_latency_row(out, "total", all.total);
  if (all.total_uncorrected != all.total) {
    put_latency_row(out, "uncorrected", all.total_uncorrected);
  }
}

void put_errors(page& out, run::error_table const& errors) {
  if (errors.empty()) {
    return;
  }
  out.gap();
  out.put("errors", style::heading).end_line();
  for (auto const& row : errors.sorted()) {
    out.to(2).put(name_of(row.where)).to(11).put(name_of(row.kind), style::bad);
    out.right(34, human_count(row.count)).put("  ").paragraph(safe_text(row.detail), 36);
  }
}

void put_pool(page& out, run::pool_figures const& pool) {
  out.gap();
  out.put("pool", style::heading).to(11).list(pool_phrases(pool));
  if (auto const phrases = pool_use_phrases(pool); !phrases.empty()) {
    out.to(11).list(phrases);
  }
  if (pool.peak) {
    out.to(11).list({"peak " + human_count(pool.peak->live) + " live",
                     human_count(pool.peak->leased) + " leased",
                     human_count(pool.peak->waiters) + " waiting"});
  }
}

void put_block_heading(page& out, std::string_view name) {
  out.gap();
  out.put(name, style::heading).right(34, "requests").right(46, "rate").right(56, "failed");
  out.right(68, "wait p99").right(80, "total p99").end_line();
}

void put_block_row(page& out, std::string_view name, run::block const& block) {
  auto const& counts = block.measured.requests;
  out.to(2).put(fitted(name, 22));
  out.right(34, human_count(counts.attempted())).right(46, human_rate(block.rate_per_s()));
  out.right(56, human_count(counts.failed), counts.failed > 0 ? style::bad : style::dim);
  out.right(68, human_duration(block.measured.latency.wait.quantile(0.99)));
  out.right(80, human_duration(block.measured.latency.total.quantile(0.99))).end_line();
}

void put_stages(page& out, std::vector<run::stage_result> const& stages) {
  if (stages.size() < 2) {
    return;
  }
  put_block_heading(out, "stages");
  auto warm_up = false;
  for (auto const& stage : stages) {
    auto const recorded = stage.kept == run::stage_result::recording::recorded;
    put_block_row(out, fitted(safe_text(stage.name), 20) + (recorded ? "" : " *"), stage.figures);
    warm_up = warm_up || !recorded;
  }
  if (warm_up) {
    out.to(2).put("* not recorded: in no figure but the pool's and the wire's", style::dim);
    out.end_line();
  }
}

// What makes all other figures of an endpoint meaningless.
std::string silence_of(run::endpoint_result const& endpoint) {
  auto const& pool = endpoint.figures.pool;
  if (pool.opened == 0 && pool.open_failed > 0) {
    return "not one of " + counted(pool.open_failed, "attempt", "attempts") + " to open succeeded";
  }
  auto const needs_none = endpoint.figures.measured.requests.succeeded > 0;
  if (endpoint.wire.replies_received == 0 && endpoint.wire.requests_sent > 0 && !needs_none) {
    return "not one reply to " + counted(endpoint.wire.requests_sent, "request", "requests");
  }
  return {};
}

void put_endpoints(page& out, std::vector<run::endpoint_result> const& endpoints) {
  if (endpoints.empty()) {
    return;
  }
  put_block_heading(out, "endpoints");
  for (auto const& endpoint : endpoints) {
    put_block_row(out, safe_text(endpoint.id), endpoint.figures);
    out.to(4).rest(safe_text(endpoint.url), style::dim).end_line();
    if (auto const silence = silence_of(endpoint); !silence.empty()) {
      out.to(4).rest(silence, style::bad).end_line();
    }
  }
}

void put_self(page& out, run::self_figures const& self) {
  if (self.warnings.empty()) {
    return;
  }
  out.gap();
  for (auto const& warning : self.warnings) {
    out.put("warning", style::caution).to(11).paragraph(safe_text(warning));
  }
}

} // namespace

std::string summary_text(run::result const& found, colouring colours) {
  page out{colours};
  put_header(out, found);
  put_requests(out, found);
  put_latencies(out, found.total.measured.latency);
  put_errors(out, found.total.measured.errors);
  put_pool(out, found.total.pool);
  put_stages(out, found.stages);
  put_endpoints(out, found.endpoints);
  put_faults(out, found.faults);
  put_thresholds(out, found.thresholds);
  put_invariants(out, found.invariants);
  put_self(out, found.self);
  put_verdict(out, found);
  return out.text();
}

} // namespace conecta::report
