#include "fault/plan.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace conecta::fault {

namespace {

/// Streams of one fault that must not repeat each other.
enum class stream : std::uint64_t { connections, hits, delays, requests, windows, details, bursts };

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) noexcept {
  return random_source{seed ^ random_source{value}.next()}.next();
}

/// FNV-1a: the same everywhere, which std::hash is not.
std::uint64_t hash(std::string_view text) noexcept {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (char const letter : text) {
    value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return value;
}

random_source source_at(std::uint64_t seed, stream which, draw_point const& point) noexcept {
  auto value = mix(seed, static_cast<std::uint64_t>(which));
  value = mix(value, point.connection);
  value = mix(value, static_cast<std::uint64_t>(point.towards));
  return random_source{mix(value, point.number)};
}

/// Mean 0; multiplied by the jitter it is what is added to the delay.
double deviation(distribution shape, random_source source) noexcept {
  // In (0, 1]: the logarithm and the power below want no zero.
  double const unit = 1.0 - source.next_unit();
  switch (shape) {
  case distribution::uniform:
    return 1.0 - 2.0 * unit; // in [-1, 1)
  case distribution::normal:
    return std::sqrt(-2.0 * std::log(unit)) * std::cos(2.0 * std::numbers::pi * source.next_unit());
  case distribution::pareto: {
    // Shape 3 as in netem, shifted and scaled to mean 0 and deviation 1. A long tail, but not
    // endless: one draw in a million would else stop a connection for good.
    constexpr double mean = 1.5;
    double const sigma = std::sqrt(0.75);
    constexpr double longest = 100.0;
    return std::min((std::pow(unit, -1.0 / 3.0) - mean) / sigma, longest);
  }
  }
  return 0.0;
}

} // namespace

plan::plan(std::vector<fault_spec> const& scenario, std::size_t endpoint, std::uint64_t run_seed)
    : run_seed_{run_seed} {
  for (auto const& each : scenario) {
    if (each.endpoint == endpoint) {
      faults_.push_back(each);
      seeds_.push_back(mix(run_seed, hash(each.id)));
    }
  }
}

plan plan::with(std::vector<fault_spec> others) const {
  plan made;
  made.run_seed_ = run_seed_;
  for (auto const& each : others) {
    made.seeds_.push_back(mix(run_seed_, hash(each.id)));
  }
  made.faults_ = std::move(others);
  return made;
}

std::optional<std::size_t> plan::find(std::string_view id) const noexcept {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].id == id) {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<duration> plan::next_change(duration after) const noexcept {
  std::optional<duration> next;
  for (auto const& spec : faults_) {
    // The window that `after` lies in or behind, and the one that follows.
    auto const every = spec.repeat ? spec.repeat->every : spec.length;
    auto const count = spec.repeat ? static_cast<duration::rep>(spec.repeat->count) : 1;
    auto const first = after < spec.start ? 0 : (after - spec.start) / every;
    for (auto window = first; window < std::min(first + 2, count); ++window) {
      auto const start = spec.start + every * window;
      for (auto const edge : {start, start + spec.length}) {
        if (edge > after && (!next || edge < *next)) {
          next = edge;
        }
      }
    }
  }
  return next;
}

bool plan::covers(std::size_t fault, duration opened, std::size_t window) const noexcept {
  auto const& spec = faults_[fault];
  auto const start = spec.start_of(window);
  switch (spec.applies_to) {
  case affected::all:
    return true;
  case affected::opened_during:
    return opened >= start;
  case affected::opened_before:
    return opened < start;
  }
  return false;
}

bool plan::hits_connection(std::size_t fault, std::uint64_t connection,
                           std::size_t window) const noexcept {
  auto source =
      source_at(seeds_[fault], stream::connections, {.connection = connection, .number = window});
  return source.next_unit() < faults_[fault].probability;
}

bool plan::hits_window(std::size_t fault, std::size_t window) const noexcept {
  auto source = source_at(seeds_[fault], stream::windows, {.number = window});
  return source.next_unit() < faults_[fault].probability;
}

bool plan::hits_request(std::size_t fault, std::uint64_t connection,
                        std::uint64_t request) const noexcept {
  auto source =
      source_at(seeds_[fault], stream::requests, {.connection = connection, .number = request});
  return source.next_unit() < faults_[fault].probability;
}

bool plan::hits(std::size_t fault, draw_point const& point) const noexcept {
  auto const& spec = faults_[fault];
  if (spec.towards != direction::both && spec.towards != point.towards) {
    return false;
  }
  return source_at(seeds_[fault], stream::hits, point).next_unit() < spec.probability;
}

line_state plan::next_state(std::size_t fault, draw_point const& point,
                            line_state before) const noexcept {
  auto const& burst = *faults_[fault].burst;
  auto const unit = source_at(seeds_[fault], stream::bursts, point).next_unit();
  bool const changes = unit < (before == line_state::bad ? burst.r : burst.p);
  bool const bad = (before == line_state::bad) != changes;
  return bad ? line_state::bad : line_state::good;
}

random_source plan::details(std::size_t fault, draw_point const& point) const noexcept {
  return source_at(seeds_[fault], stream::details, point);
}

duration plan::delay(std::size_t fault, draw_point const& point) const noexcept {
  auto const& spec = faults_[fault];
  if (spec.jitter <= duration::zero()) {
    return std::max(spec.delay, duration::zero());
  }
  auto const by = deviation(spec.spread, source_at(seeds_[fault], stream::delays, point));
  auto const jitter = static_cast<double>(spec.jitter.count()) * by;
  return std::max(spec.delay + duration{std::llround(jitter)}, duration::zero());
}

} // namespace conecta::fault
