#include "run/short_run.hpp"

#include "run/runner.hpp"
#include "scenario/load.hpp"

#include <catch2/catch.hpp>

namespace conecta::run_test {

json echo_scenario(std::string const& duration) {
  return {
      {"version", 1},
      {"name", "a test"},
      {"endpoints", {{{"id", "a"}, {"target", {{"kind", "tcp-echo"}}}}}},
      {"pool", {{"max_size", 4}}},
      {"workload",
       {{"workers", 4}, {"requests", {{{"send", "{{nonce}}\n"}, {"reply", {{"echo", true}}}}}}}},
      {"stages", {{{"name", "steady"}, {"duration", duration}}}}};
}

run::result run_of(json const& text) {
  auto const nothing = [](std::string const&) { return std::optional<std::string>{}; };
  auto const loaded = scenario::load_text(text.dump(), "test", {}, nothing);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    FAIL(found->messages.front());
  }
  return run::run_scenario(std::get<scenario::scenario>(loaded), {}).found;
}

std::uint64_t attempted(run::block const& of) { return of.measured.requests.attempted(); }

} // namespace conecta::run_test
