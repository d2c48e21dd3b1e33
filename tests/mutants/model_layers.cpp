#include "mutants/layers.hpp"

#include "property/script.hpp"
#include "property/small_world.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace conecta::mutants {

using namespace conecta::property;

namespace {

script random_script(random_source& random) {
  script that;
  for (auto& setting : that.settings) {
    setting = static_cast<std::uint8_t>(random.next());
  }
  for (auto left = random.next() % 150; left > 0; --left) {
    auto const bits = random.next();
    that.commands.push_back({static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8U),
                             static_cast<std::uint8_t>(bits >> 16U)});
  }
  return that;
}

} // namespace

std::size_t histories_until_caught() {
  constexpr std::size_t most = 10'000;
  random_source random{1};
  for (std::size_t history = 1; history <= most; ++history) {
    if (play(random_script(random)).complaint) {
      return history;
    }
  }
  return 0;
}

std::size_t histories_that_break_an_invariant() {
  random_source random{1};
  std::size_t broken = 0;
  for (auto history = 0; history < 300; ++history) {
    auto const complaint = play(random_script(random)).complaint;
    broken += complaint && complaint->find("invariant broken") != std::string::npos ? 1U : 0U;
  }
  return broken;
}

std::size_t world_that_catches() {
  std::size_t number = 0;
  for (auto const& world : small_worlds(world_size::two)) {
    ++number;
    if (explore(world).complaint) {
      return number;
    }
  }
  return 0;
}

std::size_t inputs_that_catch() {
  std::size_t catching = 0;
  for (auto const& entry : std::filesystem::directory_iterator{CONECTA_CORPUS}) {
    std::ifstream stream{entry.path(), std::ios::binary};
    std::string const bytes{std::istreambuf_iterator<char>{stream}, {}};
    auto const* const data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    catching += play(script_from({data, bytes.size()})).complaint ? 1U : 0U;
  }
  return catching;
}

} // namespace conecta::mutants
