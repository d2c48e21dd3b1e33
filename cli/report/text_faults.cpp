#include "report/text_faults.hpp"

#include "report/safe_text.hpp"
#include "report/text_phrases.hpp"
#include "report/units.hpp"

namespace conecta::report {

namespace {

std::string percentiles(stats::histogram const& total) {
  return "total p50 " + human_duration(total.quantile(0.5)) + ", p99 " +
         human_duration(total.quantile(0.99));
}

void put_inside(page& out, run::block const& inside) {
  auto const& counts = inside.measured.requests;
  std::vector<std::string> items = {counted(counts.attempted(), "request", "requests")};
  if (counts.failed > 0) {
    items.push_back(human_count(counts.failed) + " failed (" + human_percent(inside.error_ratio()) +
                    ")");
  }
  if (!inside.measured.latency.total.empty()) {
    items.push_back(percentiles(inside.measured.latency.total));
  }
  out.to(4).put("inside", style::dim).to(13).list(items);
  auto const rows = inside.measured.errors.sorted();
  if (!rows.empty()) {
    std::vector<std::string> errors;
    for (auto const& row : rows) {
      errors.push_back(std::string{name_of(row.where)} + " " + std::string{name_of(row.kind)} +
                       " " + human_count(row.count));
    }
    out.to(4).put("errors", style::dim).to(13).list(errors);
  }
}

void put_recovery(page& out, run::recovery const& recovered) {
  if (recovered.after) {
    out.to(4).put("after", style::dim).to(13);
    auto const at_once = *recovered.after == duration::zero();
    out.put(at_once ? "recovered at once" : "recovered in " + human_duration(recovered.after),
            style::good);
    out.end_line();
  } else if (recovered.baseline) {
    out.to(4).put("after", style::dim).to(13).rest(safe_text(recovered.reason), style::bad);
    out.end_line();
  } else {
    out.to(4).put("after", style::dim).to(13).put("recovery not judged: ", style::caution);
    out.paragraph(safe_text(recovered.reason), 13);
  }
}

void put_fault(page& out, run::fault_result const& fault) {
  auto const times = human_duration(fault.start) + " to " + human_duration(fault.end) + ", " +
                     (fault.injected == 0 ? std::string{"never injected"}
                                          : "injected " + counted(fault.injected, "time", "times"));
  auto const what = safe_text(fault.type) + " on " + safe_text(fault.endpoint);
  out.to(2).rest(safe_text(fault.id), style::caution).put("  ");
  out.paragraph(what + ", " + times, 4);
  put_inside(out, fault.figures);
  if (fault.total_outside && !fault.total_outside->empty()) {
    out.to(4).put("outside", style::dim).to(13).put(percentiles(*fault.total_outside)).end_line();
  }
  auto const& pool = fault.figures.pool;
  if (pool.opened + pool.open_failed + pool.closed > 0) {
    out.to(4).put("pool", style::dim).to(13).list(pool_phrases(pool));
  }
  put_recovery(out, fault.recovered);
}

} // namespace

void put_faults(page& out, std::vector<run::fault_result> const& faults) {
  if (faults.empty()) {
    return;
  }
  out.gap();
  out.put("faults", style::heading).end_line();
  for (auto const& fault : faults) {
    put_fault(out, fault);
  }
}

} // namespace conecta::report
