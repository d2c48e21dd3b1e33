#include "commands/probe_formats.hpp"

#include "commands/probe_report.hpp"
#include "report/safe_text.hpp"
#include "report/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conecta::command {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  auto const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 6).ptr;
  return {text.data(), end};
}

std::string seconds(duration time) { return number(std::chrono::duration<double>{time}.count()); }

bool is_good(probe_finding const& each, probe_outcome const& what) {
  return each.state == what.limits.policy.wanted;
}

/// "ready", "no_answer: refused: Connection refused"
std::string in_words(probe_finding const& each) {
  std::string text{name_of(each.state)};
  if (!each.reason.empty()) {
    text += ": " + each.reason + ": " + report::safe_text(each.detail);
  }
  return each.warning.empty() ? text : text + " (" + each.warning + ")";
}

// Nagios

enum class level : std::uint8_t { ok, warning, critical, unknown };

level level_of(probe_outcome const& what) noexcept {
  auto const& all = what.found.all;
  if (what.code == 0) {
    bool const warned =
        std::any_of(all.begin(), all.end(), [](auto const& each) { return !each.warning.empty(); });
    return warned ? level::warning : level::ok;
  }
  bool const asked = std::any_of(all.begin(), all.end(), [](auto const& each) {
    return each.state != readiness::not_attempted && each.attempts > 0;
  });
  bool const only_warned = what.code == 1 && std::all_of(all.begin(), all.end(), [&](auto& each) {
                             return is_good(each, what);
                           });
  return only_warned                                       ? level::warning
         : !asked || what.found.interrupted_by.has_value() ? level::unknown
                                                           : level::critical;
}

/// A label has no quotes and no equals sign, and the line no bar.
std::string without(std::string text, std::string_view unwanted) {
  std::replace_if(
      text.begin(), text.end(), [&](char c) { return unwanted.find(c) != std::string_view::npos; },
      '_');
  return text;
}

std::string nagios(probe_outcome const& what) {
  constexpr std::array names{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  auto const& all = what.found.all;
  std::string line =
      std::string{"CONECTA "} + names[static_cast<std::size_t>(level_of(what))] + " - ";
  auto const good =
      std::count_if(all.begin(), all.end(), [&](auto const& each) { return is_good(each, what); });
  if (all.size() > 1) {
    line += std::to_string(good) + " of " + std::to_string(all.size()) + " as wanted";
  }
  for (auto const& each : all) {
    if (all.size() == 1 || !is_good(each, what) || !each.warning.empty()) {
      line += (all.size() > 1 ? "; " : "") + title_of(each) + " " + in_words(each);
    }
  }
  line = without(std::move(line), "|\n") + " |";
  auto const limit = [](std::optional<duration> most) { return most ? seconds(*most) : ""; };
  for (auto const& each : all) {
    line += " '" + without(title_of(each), "'=|") + "'=" + seconds(each.took) + "s;" +
            limit(what.limits.warn) + ";" + limit(what.limits.crit) + ";0";
  }
  return line + "\n";
}

// Prometheus

std::string label(std::string_view name, std::string_view value) {
  std::string text = std::string{name} + "=\"";
  for (char const c : value) {
    text += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string{c};
  }
  return text + "\"";
}

void describe(std::string& out, std::string_view name, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  out += " gauge\n";
}

/// A target once, as it is at worst: two samples of one name and the same labels are refused.
std::vector<probe_finding> each_once(std::vector<probe_finding> const& all) {
  std::vector<probe_finding> kept;
  std::unordered_map<std::string, std::size_t> places;
  for (auto const& each : all) {
    auto const [place, is_new] = places.emplace(title_of(each), kept.size());
    if (is_new) {
      kept.push_back(each);
    } else if (each.state > kept[place->second].state) {
      kept[place->second] = each;
    }
  }
  return kept;
}

std::string prometheus(probe_outcome const& what) {
  std::string out;
  auto const all = each_once(what.found.all);
  auto const sample = [&](std::string_view name, std::string const& labels,
                          std::string const& value) {
    out.append(name).append("{").append(labels).append("} ").append(value).append("\n");
  };
  describe(out, "conecta_probe_success", "1 where the target is as wanted, else 0.");
  for (auto const& each : all) {
    sample("conecta_probe_success", label("target", title_of(each)),
           is_good(each, what) ? "1" : "0");
  }
  describe(out, "conecta_probe_state",
           "Its state: 0 ready, 1 not ready, 2 no answer, 3 not "
           "attempted, 4 denied, 5 other protocol.");
  for (auto const& each : all) {
    sample("conecta_probe_state",
           label("target", title_of(each)) + "," + label("reason", each.reason),
           std::to_string(static_cast<int>(each.state)));
  }
  describe(out, "conecta_probe_duration_seconds", "Where the time of the last attempt went.");
  for (auto const& each : all) {
    auto const phase = [&](std::string_view name, duration time) {
      sample("conecta_probe_duration_seconds",
             label("target", title_of(each)) + "," + label("phase", name), seconds(time));
    };
    phase("dns", each.resolving);
    phase("connect", each.connecting);
    phase("tls", each.securing.value_or(duration::zero()));
    phase("exchange", each.exchanging.value_or(duration::zero()));
  }
  if (what.limits.headroom) {
    describe(out, "conecta_probe_connections_held", "How many it took at once.");
  }
  for (auto const& each : all) {
    if (each.headroom) {
      sample("conecta_probe_connections_held", label("target", title_of(each)),
             std::to_string(each.headroom->held));
    }
  }
  bool const any_certificate = std::any_of(all.begin(), all.end(), [](auto const& each) {
    return each.certificate_expires.has_value();
  });
  if (any_certificate) {
    describe(out, "conecta_probe_certificate_expiry_timestamp_seconds",
             "When the first certificate of the chain expires, since the epoch.");
  }
  for (auto const& each : all) {
    if (each.certificate_expires) {
      sample("conecta_probe_certificate_expiry_timestamp_seconds", label("target", title_of(each)),
             std::to_string(std::chrono::system_clock::to_time_t(*each.certificate_expires)));
    }
  }
  return out;
}

// JUnit and TAP

std::string junit(probe_outcome const& what) {
  auto const& all = what.found.all;
  auto const failures =
      std::count_if(all.begin(), all.end(), [&](auto const& each) { return !is_good(each, what); });
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"conecta probe\" "
                    "tests=\"" +
                    std::to_string(all.size()) + "\" failures=\"" + std::to_string(failures) +
                    "\" errors=\"0\" skipped=\"0\">\n";
  for (auto const& each : all) {
    out += "  <testcase classname=\"probe\" name=\"" +
           report::xml_escaped(report::safe_text(title_of(each))) + "\" time=\"" +
           seconds(each.took) + "\"";
    if (is_good(each, what)) {
      out += "/>\n";
      continue;
    }
    out += ">\n    <failure type=\"" + std::string{name_of(each.state)} + "\" message=\"" +
           report::xml_escaped(in_words(each)) + "\"/>\n  </testcase>\n";
  }
  return out + "</testsuite>\n";
}

std::string tap(probe_outcome const& what) {
  auto const& all = what.found.all;
  std::string out = "TAP version 14\n1.." + std::to_string(all.size()) + "\n";
  for (std::size_t index = 0; index < all.size(); ++index) {
    auto const& each = all[index];
    // "#" would begin a directive.
    out +=
        (is_good(each, what) ? "ok " : "not ok ") + std::to_string(index + 1) + " - " +
        without(title_of(each), "#") + "\n  ---\n  state: " + std::string{name_of(each.state)} +
        "\n  duration_ms: " + number(std::chrono::duration<double, std::milli>{each.took}.count()) +
        "\n";
    if (!each.reason.empty()) {
      out += "  reason: " + each.reason + "\n  message: \"" +
             without(report::safe_text(each.detail), "\"\\\n") + "\"\n";
    }
    out += "  ...\n";
  }
  return out;
}

} // namespace

std::string in_format(probe_format which, probe_outcome const& what) {
  switch (which) {
  case probe_format::human:
    return probe_text(what.found.all);
  case probe_format::json:
    return probe_json(what.found.all, what.code);
  case probe_format::jsonl:
    return probe_json_lines(what.found.all);
  case probe_format::nagios:
    return nagios(what);
  case probe_format::prometheus:
    return prometheus(what);
  case probe_format::junit:
    return junit(what);
  case probe_format::tap:
    return tap(what);
  }
  return {};
}

int in_style(exit_style which, probe_outcome const& what) noexcept {
  switch (which) {
  case exit_style::conecta:
    break;
  case exit_style::nagios:
    return static_cast<int>(level_of(what));
  case exit_style::docker:
  case exit_style::boolean:
    return what.code == 0 ? 0 : 1;
  }
  return what.code;
}

} // namespace conecta::command
