#include "commands/simulate_report.hpp"

#include "report/safe_text.hpp"
#include "report/units.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <limits>

namespace conecta::command {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t widest_line = 80;

std::string hash_text(std::uint64_t hash) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

/// `label`, then the words, over as many lines as it takes.
std::string paragraph(std::string const& label, std::vector<std::string> const& words) {
  std::string const margin(label.size(), ' ');
  std::string text;
  std::string line = label;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const word = words[i] + (i + 1 < words.size() ? "," : "");
    if (line.size() + word.size() + 1 > widest_line && line.size() > label.size()) {
      text += line + "\n";
      line = margin;
    }
    line += " " + word;
  }
  return text + line + "\n";
}

std::vector<std::string> drawn(sim::fault_counts const& outcomes) {
  std::vector<std::string> words;
  for (std::size_t h = 0; h < sim::hook_count; ++h) {
    for (std::size_t o = 0; o < sim::outcome_count; ++o) {
      if (outcomes[h][o] > 0) {
        words.push_back(std::string{sim::hook_names[h]} + " " + std::string{sim::outcome_names[o]} +
                        " " + report::human_count(outcomes[h][o]));
      }
    }
  }
  return words;
}

std::vector<std::string> marks(sim::mark_set const& seen, bool wanted) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < sim::mark_count; ++i) {
    if (seen.has(i) == wanted) {
      words.emplace_back(sim::mark_names[i]);
    }
  }
  return words;
}

json json_of(simulated_pool const& pool) {
  json out;
  out["endpoint"] = report::safe_text(pool.endpoint);
  out["runs"] = pool.runs;
  out["events"] = pool.events;
  out["simulated_ns"] = pool.simulated.count();
  json outcomes = json::object();
  for (std::size_t h = 0; h < sim::hook_count; ++h) {
    for (std::size_t o = 0; o < sim::outcome_count; ++o) {
      if (pool.outcomes[h][o] > 0) {
        outcomes[std::string{sim::hook_names[h]}][std::string{sim::outcome_names[o]}] =
            pool.outcomes[h][o];
      }
    }
  }
  out["outcomes"] = std::move(outcomes);
  out["situations"] = marks(pool.marks, true);
  out["never_came_up"] = marks(pool.marks, false);
  return out;
}

} // namespace

std::string simulation_text(simulation_result const& found) {
  auto text = report::safe_text(found.name) + ": seeds " + std::to_string(found.first_seed) +
              " to " + std::to_string(found.first_seed + found.runs - 1) + ", each twice\n";
  for (auto const& pool : found.pools) {
    text += "\n" + report::safe_text(pool.endpoint) + "\n";
    text += "  " + report::human_count(pool.events) + " events in " +
            report::human_count(pool.runs) + " runs, " + report::human_duration(pool.simulated) +
            " of virtual time\n";
    text += paragraph("  hooks:", drawn(pool.outcomes));
    text += "  situations: " + std::to_string(pool.marks.size()) + " of " +
            std::to_string(sim::mark_count) + "\n";
    if (pool.marks.size() < sim::mark_count) {
      text += paragraph("  never came up:", marks(pool.marks, false));
    }
  }
  text += "\nhash " + hash_text(found.hash) + "\n";
  for (auto const& each : found.failures) {
    text += "\nBROKEN seed " + std::to_string(each.seed) + ", " + report::safe_text(each.endpoint) +
            ", step " + std::to_string(each.step) + "\n  " + report::safe_text(each.what) + "\n";
    for (auto const& command : each.replay) {
      text += "  $ " + report::safe_text(command) + "\n";
    }
  }
  return text + (found.failures.empty() ? "every promise was kept\n" : "");
}

std::string simulation_json(simulation_result const& found) {
  json out;
  out["schema"] = "conecta.simulate/1";
  out["name"] = report::safe_text(found.name);
  out["first_seed"] = found.first_seed;
  out["runs"] = found.runs;
  out["steps"] = found.steps;
  out["hash"] = hash_text(found.hash);
  out["pools"] = json::array();
  for (auto const& pool : found.pools) {
    out["pools"].push_back(json_of(pool));
  }
  out["failures"] = json::array();
  for (auto const& each : found.failures) {
    json failure;
    failure["endpoint"] = report::safe_text(each.endpoint);
    failure["seed"] = each.seed;
    failure["step"] = each.step;
    failure["what"] = report::safe_text(each.what);
    failure["replay"] = each.replay;
    out["failures"].push_back(std::move(failure));
  }
  out["verdict"] = found.failures.empty() ? "pass" : "fail";
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace conecta::command
