// Mistakes in faults that no relay does: to a process.

#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("signals are for the process of a server that is not embedded") {
  for (std::string const type : {"pause", "kill"}) {
    parts written;
    written.faults = R"(, "faults": [ { "id": "f", "endpoint": "a", "pid_file": "x",
        "at": "steady+1s", "for": "1s", "type": ")" +
                     type + "\" } ]";
    CHECK(complaints(written) ==
          lines{"test.json:7: /faults/0/type: found \"" + type +
                "\", and the endpoint \"a\" is embedded; allowed: an endpoint with a \"url\""});
  }
}
