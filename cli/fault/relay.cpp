#include "fault/relay.hpp"

#include <algorithm>
#include <ranges>

namespace conecta::fault {

relay::relay(plan faults)
    : schedule_{std::move(faults)},
      turning_{schedule_, thread_.loop(), [this](auto const& change) { on_change(change); }} {}

void relay::stop() {
  thread_.stop();
  turning_.end();
}

void relay::change(std::function<void(std::vector<fault_spec>&)> const& edit) {
  thread_.call([&] {
    auto faults = schedule_.what().faults();
    edit(faults);
    exchange(std::move(faults));
  });
}

/// The new ones are added behind the old ones and begin; then the old ones that nobody wants end,
/// so that nothing slips through between the two.
void relay::exchange(std::vector<fault_spec> wanted) {
  auto const now = thread_.loop().now();
  auto const& old = schedule_.what();
  auto const old_size = old.size();
  std::vector<std::size_t> kept; // of the wanted ones, where they are in the extended plan
  std::vector<fault_spec> fresh;
  for (auto& each : wanted) {
    auto const before = old.find(each.id);
    auto const offset = each.start;
    if (before) {
      each.start = old[*before].start;
    }
    if (before && each == old[*before]) {
      kept.push_back(*before);
    } else {
      each.start = schedule_.since_begin(now) + offset;
      kept.push_back(old_size + fresh.size());
      fresh.push_back(std::move(each));
    }
  }
  schedule_.extend(std::move(fresh));
  turning_.turn();
  for (std::size_t fault = 0; fault < old_size; ++fault) {
    if (std::ranges::find(kept, fault) == kept.end()) {
      for (auto const& closed : schedule_.close(fault)) {
        on_change(closed);
      }
      on_removed(fault);
    }
  }
  schedule_.keep(kept);
  on_renumbered(kept);
  turning_.turn();
}

std::vector<standing_fault> relay::standing() {
  std::vector<standing_fault> all;
  thread_.call([&] {
    auto const& active = schedule_.active();
    for (std::size_t i = 0; i < schedule_.what().size(); ++i) {
      bool const is_active = std::ranges::find(active, i) != active.end();
      all.push_back({schedule_.what()[i], is_active, schedule_.injected(i)});
    }
  });
  return all;
}

traffic relay::counts() {
  traffic now;
  thread_.call([&] { now = traffic_; });
  return now;
}

} // namespace conecta::fault
