#include "commands/probe_report.hpp"

#include "report/safe_text.hpp"
#include "report/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
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
  case readiness::denied:
    return "denied";
  case readiness::other_protocol:
    return "other protocol";
  }
  return "";
}

/// "9 of 10, 101 us to 250 us, median 120 us"
std::string in_words(probe_spread const& all, unsigned attempts) {
  return std::to_string(all.as_wanted) + " of " + std::to_string(attempts) + ", " +
         report::human_duration(all.shortest) + " to " + report::human_duration(all.longest) +
         ", median " + report::human_duration(all.median);
}

std::string padded(std::string_view text, std::size_t width) {
  std::string line{text};
  line.resize(std::max(width, line.size()), ' ');
  return line;
}

json nanoseconds(std::optional<duration> time) {
  return time ? json(time->count()) : json(nullptr);
}

/// Of a phase that was never come to there is no time.
json nanoseconds_if_any(duration time) {
  return time == duration{} ? json(nullptr) : json(time.count());
}

/// As RFC 3339 has it, in UTC.
json date(std::optional<std::chrono::system_clock::time_point> when) {
  if (!when) {
    return nullptr;
  }
  auto const seconds = std::chrono::system_clock::to_time_t(*when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  auto const size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string{text.data(), size};
}

json text_or_null(std::string const& text) {
  return text.empty() ? json(nullptr) : json(report::safe_text(text));
}

/// Whether there was a lookup: the address is none that the URL gives, nor a socket's path.
bool is_behind_a_name(probe_finding const& finding) {
  return !finding.address.starts_with('/') &&
         finding.url.find(finding.address) == std::string::npos;
}

/// "dns 1.20 ms, connect 85.0 us": those that there were. A numeric host needs no lookup.
std::string phases_of(probe_finding const& finding) {
  std::string text;
  auto const add = [&text](std::string_view name, duration time) {
    text += (text.empty() ? "" : ", ") + std::string{name} + " " + report::human_duration(time);
  };
  if (is_behind_a_name(finding)) {
    add("dns", finding.resolving);
  }
  add("connect", finding.connecting);
  if (finding.securing) {
    add("tls", *finding.securing);
  }
  if (finding.exchanging) {
    add("exchange", *finding.exchanging);
  }
  return text;
}

// The shortest that says it all, so that it fits a terminal; the JSON has every phase of each.
std::string line_of(probe_finding const& finding, std::size_t url_width) {
  std::string line = padded(in_words(finding.state), 14) + "  " +
                     padded(title_of(finding), url_width) + "  " +
                     (finding.spread ? in_words(*finding.spread, finding.attempts)
                                     : report::human_duration(finding.total));
  if (finding.state == readiness::ready && !finding.spread) {
    line += " (" + phases_of(finding) + ")";
  }
  if (finding.headroom) {
    line += "  " + std::to_string(finding.headroom->held) + " of " +
            std::to_string(finding.headroom->asked) + " at once";
  }
  if (!finding.reason.empty()) {
    constexpr std::size_t most_columns = 120; // of the JSON it is all
    line += "  " + finding.reason + ": " +
            report::fitted(report::safe_text(finding.detail), most_columns);
  }
  if (!finding.warning.empty()) {
    line += "  " + finding.warning;
  }
  if (is_behind_a_name(finding) && finding.at.empty()) {
    line += ", " + report::safe_text(finding.address);
  }
  if (finding.attempts > 1 && !finding.spread) {
    line += ", " + std::to_string(finding.attempts) + " attempts";
  }
  if (finding.waiting == probe_finding::patience::expired) {
    line += ", wait expired";
  }
  return line + "\n";
}

json json_of(probe_spread const& all) {
  return {{"as_wanted", all.as_wanted},
          {"min_ns", all.shortest.count()},
          {"median_ns", all.median.count()},
          {"max_ns", all.longest.count()}};
}

json json_of(probe_headroom const& found) { return {{"asked", found.asked}, {"held", found.held}}; }

json json_of(probe_finding const& finding) {
  json out;
  out["url"] = finding.url;
  out["state"] = name_of(finding.state);
  out["reason"] = text_or_null(finding.reason);
  out["detail"] = text_or_null(finding.detail);
  out["warning"] = text_or_null(finding.warning);
  out["address"] = text_or_null(finding.address);
  out["dns_ns"] = nanoseconds_if_any(finding.resolving);
  out["connect_ns"] = nanoseconds_if_any(finding.connecting);
  out["tls_ns"] = nanoseconds(finding.securing);
  out["exchange_ns"] = nanoseconds(finding.exchanging);
  out["took_ns"] = finding.took.count();
  out["total_ns"] = finding.total.count();
  out["certificate_expires"] = date(finding.certificate_expires);
  out["attempts"] = finding.attempts;
  out["spread"] = finding.spread ? json_of(*finding.spread) : json(nullptr);
  out["headroom"] = finding.headroom ? json_of(*finding.headroom) : json(nullptr);
  out["wait_expired"] = finding.waiting == probe_finding::patience::expired;
  return out;
}

} // namespace

std::string probe_text(std::vector<probe_finding> const& findings) {
  constexpr std::size_t widest_column = 40; // a longer URL shifts its own line alone
  std::size_t widest = 0;
  for (auto const& each : findings) {
    widest = std::max(widest, std::min(title_of(each).size(), widest_column));
  }
  std::string text;
  for (auto const& each : findings) {
    text += line_of(each, widest);
  }
  return text;
}

std::string probe_json_lines(std::vector<probe_finding> const& findings) {
  std::string text;
  for (auto const& each : findings) {
    text += json_of(each).dump() + "\n";
  }
  return text;
}

std::string probe_json(std::vector<probe_finding> const& findings, int exit_code) {
  json out;
  out["schema"] = "conecta.probe/1";
  out["ready"] = std::all_of(findings.begin(), findings.end(), [](probe_finding const& each) {
    return each.state == readiness::ready;
  });
  out["success"] = exit_code == 0;
  out["exit_code"] = exit_code;
  out["targets"] = json::array();
  for (auto const& each : findings) {
    out["targets"].push_back(json_of(each));
  }
  return out.dump(2) + "\n";
}

} // namespace conecta::command
