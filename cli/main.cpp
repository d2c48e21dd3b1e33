// conecta: bench a pool against live services, probe endpoints, simulate a pool under a seed.

#include "base/nearest.hpp"
#include "commands/bench.hpp"
#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "commands/probe.hpp"
#include "commands/proxy.hpp"
#include "commands/run_after.hpp"
#include "commands/schema.hpp"
#include "commands/secret.hpp"
#include "commands/serve.hpp"
#include "commands/simulate.hpp"
#include "commands/version.hpp"
#include "report/safe_text.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace conecta;

/// An option's line without what it excludes and needs, which is told to who does otherwise.
class help_format final : public CLI::Formatter {
 public:
  std::string make_option_opts(CLI::Option const* option) const override {
    bool const is_flag = option->get_type_size() == 0;
    if (option->get_positional() || is_flag) {
      return {};
    }
    auto const usual = option->get_default_str();
    return " " + option->get_type_name() + (usual.empty() ? "" : "=" + usual) +
           (option->get_required() ? " (required)" : "");
  }
};

/// CLI11 has codes of its own for each kind of mistake; scripts get one.
int parse_failed(CLI::App const& app, CLI::ParseError const& problem) {
  std::ostringstream asked_for;
  if (app.exit(problem, asked_for, std::cerr) != 0) {
    return command::usage;
  }
  bool const of_version = dynamic_cast<CLI::CallForVersion const*>(&problem) != nullptr;
  return command::put(of_version ? "--version" : "--help", "-", asked_for.str(), command::success);
}

std::string failure_text(CLI::App const* app, CLI::Error const& problem) {
  auto const chosen = app->get_subcommands();
  auto const name =
      chosen.empty() ? app->get_name() : app->get_name() + ' ' + chosen[0]->get_name();
  return name + ": " + command::without_credentials(problem.what()) + "\n" + name +
         " --help says more\n";
}

/// What CLI11 calls a missing subcommand where there is one that it does not know; empty otherwise.
std::string unknown_command(CLI::App const& app, int argc, char** argv) {
  std::string_view const first = argc > 1 ? argv[1] : "-";
  std::vector<std::string> names;
  for (auto const* const each : app.get_subcommands([](CLI::App const*) { return true; })) {
    names.push_back(each->get_name());
  }
  if (first.starts_with('-') || std::ranges::find(names, first) != names.end()) {
    return {};
  }
  std::vector<std::string_view> const candidates{names.begin(), names.end()};
  auto const meant = nearest_name(first, candidates);
  std::string text = "conecta: there is no command \"" +
                     report::safe_text(command::without_credentials(std::string{first})) + '"';
  text += meant ? "; did you mean \"" + std::string{*meant} + "\"?" : "";
  return text + "\nconecta --help lists them\n";
}

int run(int argc, char** argv) {
  CLI::App app{"Benchmarks connection pools against live services, and probes endpoints."};
  app.name("conecta");
  app.require_subcommand(1);
  bool as_json = false;
  auto* const json = app.add_flag("--json", as_json)->group("");
  json->needs(app.set_version_flag("--version", [&as_json] {
    return as_json ? command::version_json(CONECTA_VERSION) : "conecta " CONECTA_VERSION;
  }));
  app.failure_message(failure_text);
  app.formatter(std::make_shared<help_format>());
  app.get_formatter()->column_width(26);
  std::function<int()> action;
  auto follows = command::take_command(argc, argv);
  command::add_bench(app, action);
  command::add_check(app, action);
  command::add_probe(app, action, std::move(follows));
  command::add_proxy(app, action);
  command::add_schema(app, action);
  command::add_serve(app, action);
  command::add_simulate(app, action);
  if (auto const mistaken = unknown_command(app, argc, argv); !mistaken.empty()) {
    std::fputs(mistaken.c_str(), stderr);
    return command::usage;
  }
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& problem) {
    return parse_failed(app, problem);
  }
  return action();
}

} // namespace

int main(int argc, char** argv) {
  conecta::command::prepare_standard_streams();
  try {
    return run(argc, argv);
  } catch (std::exception const& unexpected) {
    std::fprintf(stderr, "conecta: %s\n", unexpected.what());
    return conecta::command::software;
  }
}
