// The table of planted bugs: for each, what caught it and how soon. Leaves with 1 if a layer
// complains of a core without a bug, or a bug is caught by fewer than two layers.
// Usage: conecta_mutants [BUG...]

#include "mutants/layers.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

using namespace conecta;
using namespace conecta::mutants;

namespace {

constexpr std::size_t enough = 2;

/// Each figure is 0 if the layer saw nothing.
struct caught {
  std::size_t property = 0;
  std::size_t world = 0;
  std::size_t fuzz = 0;
  std::size_t simulator = 0;

  [[nodiscard]] std::size_t layers() const {
    return (property > 0) + (world > 0) + (fuzz > 0) + std::size_t{simulator > 0};
  }
};

caught look_at(core::bug which) {
  planting const planted{which};
  return {.property = histories_until_caught(),
          .world = world_that_catches(),
          .fuzz = inputs_that_catch(),
          .simulator = seeds_that_catch(sim::inspection::every_event).seeds};
}

void print_row(std::string_view name, caught const& by, char const* verdict) {
  auto const cell = [](std::size_t figure) {
    return figure == 0 ? std::string{"-"} : std::to_string(figure);
  };
  std::printf("%-26.*s %8s %6s %7s %9s %7zu%s\n", static_cast<int>(name.size()), name.data(),
              cell(by.property).c_str(), cell(by.world).c_str(), cell(by.fuzz).c_str(),
              cell(by.simulator).c_str(), by.layers(), verdict);
  std::fflush(stdout);
}

void print_head() {
  std::puts("property   random histories played before the model until one fails\n"
            "world      the number of the first small world that fails\n"
            "fuzz       inputs of the fuzzer's corpus that fail\n"
            "simulator  seeds, of 400, that fail\n");
  std::printf("%-26s %8s %6s %7s %9s %7s\n", "planted bug", "property", "world", "fuzz",
              "simulator", "layers");
}

} // namespace

int main(int count, char** arguments) {
  std::vector<std::string_view> const wanted{arguments + 1, arguments + count};
  for (auto const name : wanted) {
    if (std::count(core::bug_names.begin(), core::bug_names.end(), name) == 0) {
      std::fprintf(stderr, "conecta_mutants: no bug %s is planted\n", name.data());
      return 64;
    }
  }
  print_head();
  std::size_t planted = 0;
  std::size_t escaped = 0;
  auto const sane = look_at(core::bug::none);
  print_row("none", sane, sane.layers() == 0 ? "" : "  FALSE ALARM");
  for (std::size_t index = 1; index < core::bug_count; ++index) {
    auto const name = core::bug_names[index];
    if (!wanted.empty() && std::count(wanted.begin(), wanted.end(), name) == 0) {
      continue;
    }
    auto const by = look_at(static_cast<core::bug>(index));
    ++planted;
    escaped += by.layers() < enough ? 1U : 0U;
    print_row(name, by, by.layers() < enough ? "  ESCAPES" : "");
  }
  std::printf("\n%zu planted bugs, %zu caught by fewer than %zu layers\n", planted, escaped,
              enough);
  return sane.layers() == 0 && escaped == 0 ? 0 : 1;
}
