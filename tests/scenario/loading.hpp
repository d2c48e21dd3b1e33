#pragma once

// A small scenario whose parts a test replaces, and what loading it gives.

#include "scenario/fault_table.hpp"
#include "scenario/load.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace conecta::scenario::testing {

/// Each part stands on a line of its own: version and name 1, endpoints 2, pool 3, workload 4,
/// stages 5, faults 6, thresholds 7, `more` 8.
struct parts {
  std::string head = R"("version": 1, "name": "a test",)";
  std::string endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo" } } ],)";
  std::string pool = R"("pool": { "max_size": 4 },)";
  std::string workload =
      R"("workload": { "requests": [ { "send": "x\n", "reply": { "echo": true } } ] },)";
  std::string stages = R"("stages": [ { "name": "steady", "duration": "10s" } ])";
  std::string faults{};
  std::string thresholds{};
  std::string more{};

  [[nodiscard]] std::string text() const {
    return "{ " + head + "\n" + endpoints + "\n" + pool + "\n" + workload + "\n" + stages + "\n" +
           faults + "\n" + thresholds + "\n" + more + "}\n";
  }
};

inline environment no_environment() {
  return [](std::string const&) -> std::optional<std::string> { return std::nullopt; };
}

inline environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string const& name) -> std::optional<std::string> {
    auto const found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional{found->second};
  };
}

inline load_result loaded(std::string const& text, overrides const& changes = {},
                          environment const& lookup = no_environment()) {
  return load_text(text, "test.json", changes, lookup);
}

/// The messages; none for a scenario that was accepted.
inline std::vector<std::string> messages_of(load_result const& result) {
  auto const* const refused = std::get_if<problems>(&result);
  return refused != nullptr ? refused->messages : std::vector<std::string>{};
}

inline std::vector<std::string> complaints(parts const& written, overrides const& changes = {}) {
  return messages_of(loaded(written.text(), changes));
}

using lines = std::vector<std::string>;

inline lines with_pool(std::string const& keys) {
  parts written;
  written.pool = "\"pool\": { " + keys + " },";
  return complaints(written);
}

inline lines with_endpoints(std::string const& list) {
  parts written;
  written.endpoints = "\"endpoints\": [ " + list + " ],";
  return complaints(written);
}

/// Of an endpoint "a" over TCP and "u" over UDP.
inline lines with_fault(std::string const& keys) {
  parts written;
  written.endpoints = R"("endpoints": [ { "id": "a", "target": { "kind": "tcp-echo" } },
      { "id": "u", "target": { "kind": "udp-echo" } } ],)";
  written.faults = ", \"faults\": [ { " + keys + " } ]";
  return complaints(written);
}

/// The names of the types of fault that fit, as messages list them.
template <class Fits>
std::string fitting(Fits fits) {
  std::string names;
  for (auto const& row : fault_table()) {
    if (std::invoke(fits, row)) {
      names += (names.empty() ? "\"" : ", \"") + std::string{row.name()} + "\"";
    }
  }
  return names;
}

} // namespace conecta::scenario::testing
