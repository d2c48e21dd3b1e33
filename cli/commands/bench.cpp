#include "commands/bench.hpp"

#include "commands/complaint.hpp"
#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/seed.hpp"
#include "report/github.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"
#include "report/safe_text.hpp"
#include "report/text.hpp"
#include "run/pid_file.hpp"
#include "run/runner.hpp"
#include "scenario/load.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace conecta::command {

namespace {

struct bench_options {
  char const* command = "bench"; ///< or check
  std::string file;
  std::string json;  ///< where to; empty: nowhere
  std::string junit; ///< likewise
  std::string trace; ///< likewise; empty: a file of its own
  bool allow_signals = false;
  bool github = false;
  bool check = false;
  bool quiet = false;
  scenario::overrides changes;
};

/// One line that is written over and over, on a terminal only.
class progress_line {
 public:
  explicit progress_line(bench_options const& options)
      : shown_{!options.quiet && rewrites_lines(STDERR_FILENO)} {}
  ~progress_line() {
    if (shown_) {
      std::fputs("\r\033[K", stderr);
    }
  }
  progress_line(progress_line const&) = delete;
  progress_line& operator=(progress_line const&) = delete;

  void show(run::series_point const& now, duration whole) const {
    if (shown_) {
      std::fprintf(
          stderr, "\r\033[K%3.0f s of %.0f s  %.0f/s  %llu errors  %llu leased  %llu waiting",
          std::chrono::duration<double>(now.at).count(),
          std::chrono::duration<double>(whole).count(), now.rate_per_s,
          static_cast<unsigned long long>(now.errors), static_cast<unsigned long long>(now.leased),
          static_cast<unsigned long long>(now.waiters));
    }
  }

 private:
  bool shown_;
};

run::finished_run run_with_progress(scenario::scenario const& what, bench_options const& options) {
  progress_line const line{options};
  return run::run_scenario(
      what, [&](run::series_point const& now, duration whole) { line.show(now, whole); });
}

int exit_code_of(run::finished_run const& finished) {
  if (finished.interrupted_by != 0) {
    return interrupted + finished.interrupted_by;
  }
  if (finished.found.ended == run::completion::nothing_reached) {
    std::fputs("conecta bench: nothing could be reached on any endpoint\n", stderr);
    return unavailable;
  }
  return finished.found.judged == run::verdict::fail ? verdict_failed : success;
}

/// What led to a violated invariant cannot be had again by running again.
int put_trace(std::string const& trace, bench_options const& options, int otherwise) {
  auto path = options.trace;
  if (path.empty()) {
    char const* const where = std::getenv("TMPDIR");
    path = std::string{where != nullptr ? where : "/tmp"} + "/conecta-trace-XXXXXX";
    if (int const made = ::mkstemp(path.data()); made >= 0) {
      ::close(made);
    }
  }
  auto const code = put("bench", path, trace, otherwise);
  if (code != cannot_write) {
    std::fprintf(stderr,
                 "conecta bench: an invariant is violated; the events that led there are in\n"
                 "  %s\nand run once more by: conecta simulate --replay %s\n",
                 path.c_str(), path.c_str());
  }
  return code;
}

int report(run::finished_run const& finished, bench_options const& options) {
  auto const code = exit_code_of(finished);
  auto written = code;
  if (!options.json.empty()) {
    written = put("bench", options.json, report::json_text(finished.found), written);
  }
  if (!options.junit.empty()) {
    written = put("bench", options.junit, report::junit_text(finished.found), written);
  }
  if (!finished.trace.empty()) {
    written = put_trace(finished.trace, options, written);
  }
  auto const taken = options.json == "-" || options.junit == "-"; // standard output
  if (!taken && !options.quiet) {
    auto const colours =
        takes_colours(STDOUT_FILENO) ? report::colouring::ansi : report::colouring::none;
    written = put("bench", "-", report::summary_text(finished.found, colours), written);
  }
  if (options.github) {
    auto const text =
        report::github_annotations(finished.found, options.file == "-" ? "" : options.file);
    if (taken) { // annotations are read from standard error, too
      std::fputs(text.c_str(), stderr);
    } else {
      written = put("bench", "-", text, written);
    }
  }
  return written;
}

/// The first fault that sends signals to a process; null: none does.
fault::fault_spec const* sender_of_signals(scenario::scenario const& what) {
  auto const sends = [](fault::fault_spec const& each) {
    return fault::doer_of(each.type) == fault::done_by::signal;
  };
  auto const found = std::ranges::find_if(what.faults, sends);
  return found == what.faults.end() ? nullptr : &*found;
}

/// What would be written over by something else, in words; empty: nothing.
std::string clash_of_outputs(bench_options const& options) {
  struct named_file {
    char const* name;
    std::string const& path;
  };
  std::array const files{named_file{"the scenario", options.file},
                         named_file{"--json", options.json}, named_file{"--junit", options.junit},
                         named_file{"--trace", options.trace}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t k = i + 1; k < files.size(); ++k) {
      auto const is_read_once = i == 0 && files[i].path == "-"; // standard input
      if (!is_read_once && is_one_file(files[i].path, files[k].path)) {
        return std::string{files[i].name} + " and " + files[k].name +
               " are the same: " + files[k].path;
      }
    }
  }
  return {};
}

int bench(bench_options const& options) {
  if (auto const clash = clash_of_outputs(options); !clash.empty()) {
    std::fprintf(stderr, "conecta bench: %s\n", report::safe_text(clash).c_str());
    return usage;
  }
  auto const loaded = scenario::load(options.file, options.changes);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    return complain(options.command, *found);
  }
  auto const& what = std::get<scenario::scenario>(loaded);
  if (options.check) {
    return put(options.command, "-", what.resolved, success);
  }
  if (auto const* const sender = sender_of_signals(what); sender && !options.allow_signals) {
    std::fprintf(stderr,
                 "conecta bench: the fault %s sends signals to a process: %s; --allow-signals "
                 "allows it\n",
                 sender->id.c_str(), fault::name_of(sender->type));
    return usage;
  }
  for (auto const* const path : {&options.json, &options.junit}) {
    if (path->empty()) {
      continue;
    }
    if (auto const obstacle = obstacle_to_writing(*path); !obstacle.empty()) {
      return say_cannot_write("bench", obstacle);
    }
  }
  try {
    return report(run_with_progress(what, options), options);
  } catch (run::too_few_descriptors const& refused) {
    std::fprintf(stderr, "conecta bench: %s\n", refused.what());
    return configuration;
  } catch (run::bad_pid_file const& refused) {
    std::fprintf(stderr, "conecta bench: %s\n", refused.what());
    return refused.why() == run::bad_pid_file::reason::unreadable ? no_input : bad_data;
  } catch (run::unknown_host const& refused) {
    std::fprintf(stderr, "conecta bench: %s\n", refused.what());
    return unavailable;
  }
}

void add_changes(CLI::App& command, bench_options& options) {
  command.add_option("FILE", options.file, "A scenario, JSON with comments; - is standard input")
      ->required();
  command.add_option("--set", options.changes.sets, "Changes a key, as in endpoints.ID.weight=2")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--duration", options.changes.duration,
                  "Of the whole run; scales stages and faults,\nbut no time of a pool")
      ->type_name("TIME");
  command.add_option("--seed", options.changes.seed, "Of everything that is drawn")
      ->check(refuse_seed)
      ->type_name("N");
}

} // namespace

void add_bench(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<bench_options>();
  auto* const command = app.add_subcommand("bench", "Run a scenario and report what happened");
  add_changes(*command, *options);
  auto* const json =
      command->add_option("--json", options->json, "Write the result as JSON; - is standard output")
          ->check(refuse_empty)
          ->type_name("FILE");
  auto* const junit = command
                          ->add_option("--junit", options->junit,
                                       "Write the verdicts as JUnit XML;\n- is standard output")
                          ->check(refuse_empty)
                          ->type_name("FILE");
  command
      ->add_option("--trace", options->trace,
                   "Where the events go that led to a violated\ninvariant; without it to a new "
                   "temporary file")
      ->check(refuse_empty)
      ->type_name("FILE");
  auto* const github = command->add_flag(
      "--github", options->github, "Also print the verdicts as annotations\nof GitHub Actions");
  auto* const check =
      command->add_flag("--check", options->check, "Only read the scenario and print it resolved");
  command->callback([options, check, outputs = std::array{json, junit, github}, &action] {
    for (auto const* const output : outputs) {
      if (*output && *check) {
        throw CLI::ExcludesError{output->get_name(), "--check"};
      }
    }
    action = [options] { return bench(*options); };
  });
  command->add_flag("--allow-signals", options->allow_signals,
                    "Faults may stop and kill the processes that\ntheir pid files name");
  command->add_flag("--quiet", options->quiet, "No progress and no summary");
  command->footer("Exit codes: 0 done, 1 a threshold broken or an invariant violated, 64 usage,\n"
                  "65 and 66 the scenario or a pid file, 69 nothing could be reached, 70 a bug in\n"
                  "Conecta, 73 output not written, 78 too few descriptors, 130 and 143\n"
                  "interrupted.\n"
                  "\n"
                  "  conecta bench scenarios/quickstart.json --seed 9 --json result.json");
}

void add_check(CLI::App& app, std::function<int()>& action) {
  auto const options = std::make_shared<bench_options>();
  options->check = true;
  options->command = "check";
  auto* const command =
      app.add_subcommand("check", "Read a scenario, print it with every default filled in");
  add_changes(*command, *options);
  command->footer("Exit codes: 0 it is one, 64 usage, 65 a mistake in it, 66 it cannot be read,\n"
                  "73 output not written.\n"
                  "\n"
                  "  conecta check scenarios/quickstart.json --set pool.max_size=32");
  command->callback([options, &action] { action = [options] { return bench(*options); }; });
}

} // namespace conecta::command
