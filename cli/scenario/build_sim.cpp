#include "scenario/build_context.hpp"

#include "scenario/wording.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace conecta::scenario {
namespace {

using namespace std::literals;

template <class Enum, std::size_t Count>
consteval auto meanings(std::array<std::string_view, Count> const& names) {
  std::array<std::pair<std::string_view, Enum>, Count> pairs{};
  for (std::size_t i = 0; i < Count; ++i) {
    pairs[i] = {names[i], static_cast<Enum>(i)};
  }
  return pairs;
}
constexpr auto hooks = meanings<sim::hook>(sim::hook_names);
constexpr auto outcomes = meanings<sim::outcome>(sim::outcome_names);

// Of probabilities that are written with few digits and still add up to a little more than 1.
constexpr double rounding = 1e-9;

std::string outcomes_of(sim::hook at) {
  std::vector<std::string_view> fitting;
  for (auto const& [name, what] : outcomes) {
    if (sim::fits(at, what)) {
      fitting.push_back(name);
    }
  }
  return listed(fitting);
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  auto const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6)
          .ptr;
  return {text.data(), end};
}

} // namespace

void build_sim(build_context& context) {
  located const list = context.root["sim"];
  if (!list) {
    return;
  }
  auto& made = context.made.sim.emplace();
  std::array<double, sim::hook_count> sums{};
  for (std::size_t index = 0; index < list.size(); ++index) {
    located const from = list.item(index);
    sim::fault entry;
    auto const at = read_choice(from["hook"], hooks);
    auto const what = read_choice(from["outcome"], outcomes);
    assign(entry.at, at);
    assign(entry.what, what);
    assign(entry.probability, read_real(from["probability"]));
    assign(entry.delay, read_duration(from["delay"]));
    assign(entry.jitter, read_duration(from["jitter"]));
    if (at && what && !sim::fits(*at, *what)) {
      context.refuse(from["outcome"], "found " + shown(*from["outcome"]) + ", and the hook is " +
                                          shown(*from["hook"]) + "; allowed: " + outcomes_of(*at));
    }
    if (at) {
      auto& sum = sums[static_cast<std::size_t>(*at)];
      auto const before = sum;
      sum += entry.probability;
      if (before <= 1 + rounding && sum > 1 + rounding) {
        located const probability = from["probability"] ? from["probability"] : from;
        context.refuse(probability, "makes " + number_text(sum) + " of the hook " +
                                        shown(*from["hook"]) + " in all; allowed: at most 1");
      }
    }
    made.push_back(entry);
  }
}

} // namespace conecta::scenario
