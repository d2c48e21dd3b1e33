// Bytes as the history of a pool (tests/property/script.hpp): the machine must do, count and plan
// what the model says, and close at the end. A failure prints the trace as text.

#include "property/script.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const found = conecta::property::play(conecta::property::script_from({data, size}));
  if (found.complaint) {
    std::fprintf(stderr, "%s\n", found.complaint->c_str());
    std::abort();
  }
  return 0;
}
