#include "scenario/fault_table.hpp"
#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
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
  bool const is_of_a_protocol = row.type == conecta::fault::fault_type::error_reply;
  if (is_of_a_protocol && transport == "tcp") {
    return R"("target": { "kind": "redis" })";
  }
  return row.needs == fault_needs::endpoint || row.needs == fault_needs::target
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

namespace {

std::set<std::string> scenarios_that_ship() {
  std::set<std::string> names;
  auto const all = std::filesystem::path{CONECTA_SOURCE_DIR} / "scenarios" / "faults";
  for (auto const& entry : std::filesystem::directory_iterator{all}) {
    names.insert(entry.path().stem().string());
  }
  return names;
}

/// The cells of each row of the table of faults survived.
std::vector<std::vector<std::string>> faults_survived() {
  std::ifstream page{std::filesystem::path{CONECTA_SOURCE_DIR} / "docs" / "faults.md"};
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(page, line) && line != "## Faults survived") {
  }
  while (std::getline(page, line) && line != "## The tests") {
    if (!line.starts_with("| `")) {
      continue;
    }
    auto& cells = rows.emplace_back();
    for (std::size_t from = 2; from < line.size();) {
      auto const end = line.find(" | ", from);
      cells.push_back(line.substr(from, end - from));
      from = end == std::string::npos ? line.size() : end + 3;
    }
  }
  return rows;
}

} // namespace

TEST_CASE("each fault survived has its scenario, and each scenario its row") {
  std::set<std::string> named;
  std::regex const measured{"at once|[0-9]+ ms"};
  for (auto const& row : faults_survived()) {
    CAPTURE(row.at(0));
    REQUIRE(row.size() == 5);
    auto const name = row[0].substr(1, row[0].size() - 2);
    CHECK(named.insert(name).second);
    CHECK(std::regex_match(row[3], measured));
    CHECK(row[4].starts_with("`conecta bench scenarios/faults/" + name + ".json"));
  }
  CHECK(named == scenarios_that_ship());
  CHECK(named.size() >= 44);
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
                                                 : "\"X\"");
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
