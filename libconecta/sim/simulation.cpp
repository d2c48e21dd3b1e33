#include "sim/simulation.hpp"

#include "sim/simulator.hpp"

namespace conecta::sim {

run_report simulate(settings const& of, std::uint64_t seed) { return simulator{of, seed}.run(); }

std::string trace_of(settings const& of, std::uint64_t seed) {
  simulator again{of, seed};
  again.write_trace();
  auto const found = again.run();
  auto text = again.take_trace();
  if (found.broken) {
    text += "# " + found.broken->what + "\n";
  }
  return text;
}

} // namespace conecta::sim
