#include "commands/schema.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "scenario/schema.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <string>

namespace conecta::command {

void add_schema(CLI::App& app, std::function<int()>& action) {
  auto* const command = app.add_subcommand("schema", "Print a JSON Schema (draft 2020-12)");
  auto const of = std::make_shared<std::string>();
  command->add_option("OF", *of, "Of what: scenario")
      ->required()
      ->check(CLI::IsMember({"scenario"}).description(""));
  command->footer("It describes a scenario without its comments, as conecta check prints it.\n"
                  "\n"
                  "  conecta schema scenario > scenario.schema.json");
  command->callback([of, &action] {
    action = [] { return put("schema", "-", scenario::scenario_schema(), success); };
  });
}

} // namespace conecta::command
