// What is shipped and written down is what is accepted: every scenario under scenarios/, every
// block of JSON in the README that is one.

#include "scenario/loading.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace conecta::scenario;
using namespace conecta::scenario::testing;

namespace {

std::filesystem::path const source{CONECTA_SOURCE_DIR};

std::string text_of(std::filesystem::path const& file) {
  std::ifstream stream{file, std::ios::binary};
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>{stream}, {}};
}

std::vector<std::string> json_blocks(std::string const& page) {
  std::string const opening = "```json\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(opening); at != std::string::npos;
       at = page.find(opening, at + 1)) {
    std::size_t const begin = at + opening.size();
    blocks.push_back(page.substr(begin, page.find("```", begin) - begin));
  }
  return blocks;
}

} // namespace

TEST_CASE("every scenario that ships is accepted, and opens with its question") {
  for (auto const& entry : std::filesystem::recursive_directory_iterator{source / "scenarios"}) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    CAPTURE(entry.path().string());
    std::string const text = text_of(entry.path());
    CHECK(messages_of(loaded(text)) == std::vector<std::string>{});
    CHECK(text.starts_with("//"));
    CHECK(text.substr(0, text.find('{')).find('?') != std::string::npos);
  }
}

TEST_CASE("every scenario of the README is accepted") {
  for (std::string const& block : json_blocks(text_of(source / "README.md"))) {
    CAPTURE(block);
    if (block.find("\"stages\"") != std::string::npos &&
        block.find("\"workload\"") != std::string::npos) {
      CHECK(messages_of(loaded(block)) == std::vector<std::string>{});
    }
  }
}
