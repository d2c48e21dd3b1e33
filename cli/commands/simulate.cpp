#include "commands/simulate.hpp"

#include "commands/complaint.hpp"
#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/simulate_report.hpp"
#include "report/safe_text.hpp"
#include "scenario/load.hpp"
#include "sim/replay.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace conecta::command {

namespace {

constexpr std::uint64_t most_runs = 1'000'000'000;
constexpr std::uint64_t most_steps = 1'000'000'000;
/// The trace of a failure is kept for a look; of further ones the seed is enough.
constexpr std::size_t most_failures = 5;

struct simulate_options {
  std::string file;
  std::string replay;
  std::string trace;
  std::string json;
  std::uint64_t runs = 100;
  std::uint64_t steps = 10'000;
  scenario::overrides changes;
  bool simulates = false; ///< something was given that a replay has no use for
};

int usage_error(char const* what) {
  std::fprintf(stderr, "conecta simulate: %s\n", what);
  return usage;
}

// -- replaying

std::optional<std::string> text_of(std::string const& path) {
  if (path == "-") {
    return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  }
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    errno = EISDIR;
    return std::nullopt;
  }
  std::ifstream stream{path, std::ios::binary};
  if (!stream) {
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>{stream}, {}};
}

int replay(std::string const& path) {
  auto const text = text_of(path);
  auto const name = path == "-" ? std::string{"standard input"} : report::safe_text(path);
  if (!text) {
    std::fprintf(stderr, "conecta: %s: cannot be read: %s\n", name.c_str(), std::strerror(errno));
    return no_input;
  }
  auto const found = sim::replay(*text);
  auto const told = name + ":" + std::to_string(found.line) + ": " + report::safe_text(found.what);
  switch (found.verdict) {
  case sim::replay_verdict::same:
    return put("simulate", "-",
               name + ": " + std::to_string(found.events) + " events, all came out so\n", success);
  case sim::replay_verdict::different:
    return put("simulate", "-", told + "\n", verdict_failed);
  case sim::replay_verdict::broken:
    return put("simulate", "-", told + "\n", verdict_failed);
  case sim::replay_verdict::malformed:
    std::fprintf(stderr, "%s\n", told.c_str());
    return bad_data;
  }
  return software;
}

// -- simulating

sim::settings settings_of(scenario::scenario const& what, scenario::endpoint_spec const& endpoint,
                          simulate_options const& options) {
  auto const named = [&](sim::hook which) {
    return what.sim && std::any_of(what.sim->begin(), what.sim->end(),
                                   [&](sim::fault const& each) { return each.at == which; });
  };
  sim::settings made;
  made.pool = endpoint.pool;
  made.checks = endpoint.check.has_value() || named(sim::hook::check);
  made.resets = endpoint.pool.returned == on_return::reset;
  made.faults = what.sim;
  if (what.workload.workers > 0) {
    made.callers = what.workload.workers;
  }
  made.steps = options.steps;
  return made;
}

/// For a shell.
std::string quoted(std::string const& text) {
  std::string made = "'";
  for (char const letter : text) {
    made += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  }
  return made + "'";
}

std::vector<std::string> replay_commands(simulate_options const& options, std::uint64_t seed) {
  auto command = "conecta simulate " + quoted(options.file);
  for (auto const& each : options.changes.sets) {
    command += " --set " + quoted(each);
  }
  command += " --seed " + std::to_string(seed) + " --runs 1 --steps " +
             std::to_string(options.steps) + " --trace trace.txt";
  return {command, "conecta simulate --replay trace.txt"};
}

class batch {
 public:
  batch(scenario::scenario const& what, simulate_options const& options)
      : what_{what}, options_{options} {
    found_.name = what.name.empty() ? "simulation" : what.name;
    found_.first_seed = what.seed;
    found_.runs = options.runs;
    found_.steps = options.steps;
  }

  void run() {
    for (auto const& endpoint : what_.endpoints) {
      auto const with = settings_of(what_, endpoint, options_);
      auto& pool = found_.pools.emplace_back();
      pool.endpoint = endpoint.id;
      for (std::uint64_t i = 0; i < options_.runs && found_.failures.size() < most_failures; ++i) {
        one(with, what_.seed + i, pool);
      }
    }
  }

  [[nodiscard]] simulation_result const& found() const noexcept { return found_; }
  /// Of the first failure, or of the first run where there is none.
  [[nodiscard]] std::string trace() const {
    return traced_ ? sim::trace_of(traced_->first, traced_->second) : std::string{};
  }

 private:
  void one(sim::settings const& with, std::uint64_t seed, simulated_pool& pool) {
    auto const run = sim::simulate(with, seed);
    auto const again = sim::simulate(with, seed);
    ++pool.runs;
    pool.events += run.steps;
    pool.simulated += std::min(run.simulated, duration::max() - pool.simulated);
    pool.marks.add(run.marks);
    for (std::size_t h = 0; h < sim::hook_count; ++h) {
      for (std::size_t o = 0; o < sim::outcome_count; ++o) {
        pool.outcomes[h][o] += run.outcomes[h][o];
      }
    }
    found_.hash = (found_.hash ^ run.hash) * 0x100000001b3U;
    if (!traced_) {
      traced_.emplace(with, seed);
    }
    if (run.broken) {
      failed(with, run, run.broken->what, pool.endpoint);
    } else if (run.hash != again.hash) {
      failed(with, run, "the second run of this seed was not the first over again", pool.endpoint);
    }
  }

  void failed(sim::settings const& with, sim::run_report const& run, std::string what,
              std::string const& endpoint) {
    if (found_.failures.empty()) {
      traced_.emplace(with, run.seed);
    }
    found_.failures.push_back({endpoint, run.seed, run.broken ? run.broken->step : run.steps,
                               std::move(what), replay_commands(options_, run.seed)});
  }

  scenario::scenario const& what_;
  simulate_options const& options_;
  simulation_result found_;
  std::optional<std::pair<sim::settings, std::uint64_t>> traced_;
};

int simulate(simulate_options const& options) {
  auto const loaded = scenario::load(options.file, options.changes);
  if (auto const* const refused = std::get_if<scenario::problems>(&loaded)) {
    return complain("simulate", *refused);
  }
  batch all{std::get<scenario::scenario>(loaded), options};
  all.run();
  auto code = all.found().failures.empty() ? success : verdict_failed;
  int written = code;
  if (!options.trace.empty()) {
    written = put("simulate", options.trace, all.trace(), written);
  }
  if (!options.json.empty()) {
    written = put("simulate", options.json, simulation_json(all.found()), written);
  }
  if (options.json != "-" && options.trace != "-") {
    written = put("simulate", "-", simulation_text(all.found()), written);
  }
  return written;
}

int run(simulate_options const& options) {
  if (options.file.empty() == options.replay.empty()) {
    return usage_error("give a scenario, or --replay and a trace");
  }
  if (!options.replay.empty() && options.simulates) {
    return usage_error("--replay goes without other options; all is in the trace");
  }
  if (options.runs < 1 || options.runs > most_runs || options.steps < 1 ||
      options.steps > most_steps) {
    return usage_error("--runs and --steps are from 1 to 1000000000");
  }
  if (options.json == "-" && options.trace == "-") {
    return usage_error("--json and --trace cannot both go to standard output");
  }
  return options.replay.empty() ? simulate(options) : replay(options.replay);
}

} // namespace

void add_simulate(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<simulate_options>();
  auto* const command =
      app.add_subcommand("simulate", "Run a scenario's pools under a virtual clock");
  command->add_option("SCENARIO", options->file, "Its pools, and the \"sim\" block: what fails");
  command->add_option("--replay", options->replay, "Run a trace again; - is standard input")
      ->type_name("TRACE");
  command->add_option("--seed", options->changes.seed, "The first seed")->type_name("N");
  command->add_option("--runs", options->runs, "So many seeds, one after the other")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--steps", options->steps, "Events before the faults stop")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--trace", options->trace, "Write the first failure's trace, or the first run's")
      ->check(refuse_empty)
      ->type_name("FILE");
  command->add_option("--json", options->json, "Write conecta.simulate/1; - is standard output")
      ->check(refuse_empty)
      ->type_name("FILE");
  command->add_option("--set", options->changes.sets, "Changes a key, as in pool.max_size=1")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->footer("Exit codes: 0 every promise was kept, 1 one was broken or a trace came out\n"
                  "otherwise, 64 usage, 65 and 66 the scenario or the trace, 73 output not\n"
                  "written.\n"
                  "\n"
                  "  conecta simulate scenarios/simulate.json --seed 7 --runs 1000\n"
                  "  conecta simulate scenarios/simulate.json --runs 1 --trace trace.txt\n"
                  "  conecta simulate --replay trace.txt");
  command->callback([options, command, &action] {
    for (auto const* const each : {"--seed", "--runs", "--steps", "--trace", "--json", "--set"}) {
      options->simulates = options->simulates || command->count(each) > 0;
    }
    action = [options] { return run(*options); };
  });
}

} // namespace conecta::command
