#pragma once

// What a batch of simulations found, and how it is told. Pure.

#include "sim/simulation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace conecta::command {

struct simulated_pool {
  std::string endpoint;
  std::uint64_t runs = 0;
  std::uint64_t events = 0; ///< of the first run of each seed
  duration simulated{};
  sim::mark_set marks;
  sim::fault_counts outcomes{};
};

struct simulation_failure {
  std::string endpoint;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::string what;
  std::vector<std::string> replay; ///< the commands that show it again
};

struct simulation_result {
  std::string name;
  std::uint64_t first_seed = 0;
  std::uint64_t runs = 0;  ///< asked for, of each endpoint
  std::uint64_t steps = 0; ///< events of a run before its faults stop
  std::uint64_t hash = 0;  ///< of all traces
  std::vector<simulated_pool> pools;
  std::vector<simulation_failure> failures;
};

[[nodiscard]] std::string simulation_text(simulation_result const& found);
[[nodiscard]] std::string simulation_json(simulation_result const& found); ///< conecta.simulate/1

} // namespace conecta::command
