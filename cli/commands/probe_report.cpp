#include "commands/probe_report.hpp"

#include "report/safe_text.hpp"
#include "report/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace conecta::command {
namespace {

using json = nlohmann::ordered_json;

std::string_view in_words(readiness state) {
  switch (state) {
  case readiness::ready:
    return "ready";
  case readiness::not_ready:
    return "not ready";
  case readiness::no_answer:
    return "no answer";
  case readiness::not_attempted:
    return "not attempted";
  }
  return "";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string line{text};
  line.resize(std::max(width, line.size()), ' ');
  return line;
}

std::optional<duration> unless_zero(duration time) {
  return time > duration::zero() ? std::optional{time} : std::nullopt;
}

json nanoseconds(std::optional<duration> time) {
  return time ? json(time->count()) : json(nullptr);
}

json text_or_null(std::string const& text) {
  return text.empty() ? json(nullptr) : json(report::safe_text(text));
}

std::string line_of(probe_finding const& finding, std::size_t url_width) {
  std::string line = padded(in_words(finding.state), 13) + "  " + padded(finding.url, url_width);
  if (finding.reason) {
    line += "  " + std::string{net::name_of(*finding.reason)} + ": " +
            report::safe_text(finding.detail);
  }
  if (!finding.address.empty()) {
    line += "  " + finding.address;
  }
  // Numeric hosts are resolved in no time worth a word.
  line += "  dns " + report::human_duration(unless_zero(finding.resolving)) + ", connect " +
          report::human_duration(unless_zero(finding.connecting)) + ", exchange " +
          report::human_duration(finding.exchanging) + ", total " +
          report::human_duration(finding.total);
  if (finding.attempts > 1) {
    line += ", " + std::to_string(finding.attempts) + " attempts";
  }
  if (finding.waiting == probe_finding::patience::expired) {
    line += ", wait expired";
  }
  return line + "\n";
}

json json_of(probe_finding const& finding) {
  json out;
  out["url"] = finding.url;
  out["state"] = name_of(finding.state);
  out["reason"] = finding.reason ? json(net::name_of(*finding.reason)) : json(nullptr);
  out["detail"] = text_or_null(finding.detail);
  out["address"] = text_or_null(finding.address);
  out["dns_ns"] = finding.resolving.count();
  out["connect_ns"] = finding.connecting.count();
  out["exchange_ns"] = nanoseconds(finding.exchanging);
  out["total_ns"] = finding.total.count();
  out["attempts"] = finding.attempts;
  out["wait_expired"] = finding.waiting == probe_finding::patience::expired;
  return out;
}

} // namespace

std::string probe_text(std::vector<probe_finding> const& findings) {
  std::size_t widest = 0;
  for (auto const& each : findings) {
    widest = std::max(widest, each.url.size());
  }
  std::string text;
  for (auto const& each : findings) {
    text += line_of(each, widest);
  }
  return text;
}

std::string probe_json(std::vector<probe_finding> const& findings) {
  json out;
  out["schema"] = "conecta.probe/1";
  out["ready"] = std::all_of(findings.begin(), findings.end(), [](probe_finding const& each) {
    return each.state == readiness::ready;
  });
  out["exit_code"] = exit_code_of(findings);
  out["targets"] = json::array();
  for (auto const& each : findings) {
    out["targets"].push_back(json_of(each));
  }
  return out.dump(2) + "\n";
}

} // namespace conecta::command
