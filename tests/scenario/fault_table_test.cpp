#include "scenario/fault_table.hpp"
#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

std::vector<std::string> table_of_the_docs() {
  std::ifstream page{std::filesystem::path{CONECTA_SOURCE_DIR} / "docs" / "faults.md"};
  std::vector<std::string> rows;
  std::string line;
  while (std::getline(page, line) && line != "## Keys of all of them") {
    if (line.starts_with("| `")) {
      rows.push_back(line);
    }
  }
  return rows;
}

/// Where a fault of this row can be, for TCP or UDP.
std::string endpoint_for(fault_row const& row, std::string const& transport) {
  return row.needs == fault_needs::endpoint
             ? R"("target": { "kind": ")" + transport + "-echo\" }"
             : R"("url": ")" + transport + "://localhost:1\"";
}

} // namespace

TEST_CASE("the table of the docs is the table of the code") {
  std::vector<std::string> rows;
  for (auto const& row : fault_table()) {
    rows.push_back(markdown_row(row));
  }
  CHECK(table_of_the_docs() == rows);
}

TEST_CASE("every type of fault stands in the table once") {
  std::set<std::string_view> names;
  for (auto const& row : fault_table()) {
    CHECK(names.insert(row.name()).second);
    CHECK(&row_of(row.type) == &row);
  }
}

TEST_CASE("a fault with nothing but what it needs is accepted where it fits, and nowhere else") {
  for (auto const& row : fault_table()) {
    for (std::string const transport : {"tcp", "udp"}) {
      parts written;
      written.endpoints =
          R"("endpoints": [ { "id": "a", )" + endpoint_for(row, transport) + " } ],";
      if (transport == "udp") {
        written.workload = R"("workload": { "requests": [ { "send": "x" } ] },)";
      }
      std::string needed;
      for (auto const& key : row.keys) {
        if (key.need == presence::required) {
          needed += ", \"" + std::string{key.name} + "\": " +
                    (key.what == shape::duration ? "\"1ms\""
                     : key.what == shape::size   ? "1"
                     : key.what == shape::whole  ? "1"
                                                 : "\"x\"");
        }
      }
      written.faults =
          R"(, "faults": [ { "id": "f", "endpoint": "a", "at": "steady+1s", "for": "1s",
        "type": ")" +
          std::string{row.name()} + "\"" + needed + " } ]";
      CAPTURE(row.name(), transport);
      bool const fits = transport == "tcp" ? row.fits_tcp() : row.fits_udp();
      auto const result = loaded(written.text());
      CHECK(messages_of(result).size() == (fits ? 0 : 1));
      if (auto const* const made = std::get_if<scenario>(&result)) {
        CHECK(made->faults.at(0).type == row.type);
        // What was resolved is a scenario itself.
        CHECK(messages_of(loaded(made->resolved)) == std::vector<std::string>{});
      }
    }
  }
}
