#include "report/text_judgement.hpp"

#include "report/judgement_phrases.hpp"
#include "report/safe_text.hpp"

namespace conecta::report {

namespace {

void put_mark(page& out, std::string_view mark, style look) { out.to(2).put(mark, look).to(11); }

void put_outcome(page& out, run::threshold_result::outcome judged) {
  switch (judged) {
  case run::threshold_result::outcome::kept:
    return put_mark(out, "ok", style::good);
  case run::threshold_result::outcome::broken:
    return put_mark(out, "BROKEN", style::bad);
  case run::threshold_result::outcome::not_judged:
    return put_mark(out, "unjudged", style::caution);
  }
}

enum class line_left : std::uint8_t { open, ended };

/// At column 11, on lines of its own where it has more than `most` columns.
line_left put_whole(page& out, std::string const& text, std::size_t most) {
  if (columns_of(text) <= most) {
    out.put(text);
    return line_left::open;
  }
  out.paragraph(text, 13);
  return line_left::ended;
}

} // namespace

void put_thresholds(page& out, std::vector<run::threshold_result> const& thresholds) {
  if (thresholds.empty()) {
    return;
  }
  out.gap();
  out.put("thresholds", style::heading).end_line();
  for (auto const& one : thresholds) {
    put_outcome(out, one.judged);
    static_cast<void>(put_whole(out, demand_text(one.demanded), 54));
    out.right(page_columns, observed_text(one), one.ok() ? style::plain : style::bad);
    out.end_line();
    if (!one.reason.empty()) {
      out.to(11).paragraph(safe_text(one.reason), 11, style::dim);
    }
  }
}

void put_invariants(page& out, std::vector<run::invariant_result> const& invariants) {
  if (invariants.empty()) {
    return;
  }
  out.gap();
  out.put("invariants", style::heading).end_line();
  for (auto const& one : invariants) {
    switch (one.judged) {
    case run::invariant_result::status::held:
      put_mark(out, "held", style::good);
      break;
    case run::invariant_result::status::violated:
      put_mark(out, "VIOLATED", style::bad);
      break;
    case run::invariant_result::status::not_judged:
      put_mark(out, "unjudged", style::caution);
      break;
    }
    auto const whose = one.endpoint.empty() ? "" : ", " + safe_text(one.endpoint);
    if (put_whole(out, safe_text(one.name) + whose, 67) == line_left::open) {
      out.put("  ");
    } else {
      out.to(11);
    }
    out.paragraph(safe_text(one.detail), 11, style::dim);
  }
}

void put_verdict(page& out, run::result const& found) {
  out.gap();
  switch (found.judged) {
  case run::verdict::pass:
    out.put(found.thresholds.empty() && found.invariants.empty() ? "DONE" : "PASS", style::good);
    break;
  case run::verdict::fail:
    out.put("FAIL", style::bad);
    break;
  case run::verdict::incomplete:
    out.put("INCOMPLETE", style::caution);
    break;
  }
  out.to(11).rest(verdict_reason(found)).end_line();
}

} // namespace conecta::report
