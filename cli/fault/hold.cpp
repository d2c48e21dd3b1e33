#include "fault/hold.hpp"

#include <algorithm>

namespace conecta::fault {

void hold::add(std::size_t fault, duration by) {
  if (by > duration::zero()) {
    until_ += by;
    parts_.push_back({fault, by});
  }
}

bool hold::release(std::size_t fault) {
  auto const its = [&](part const& each) { return each.fault == fault; };
  for (auto const& each : parts_) {
    until_ -= its(each) ? each.by : duration::zero();
  }
  return std::erase_if(parts_, its) > 0;
}

void hold::renumber(std::span<std::size_t const> before) {
  std::erase_if(parts_, [&](part const& each) {
    return std::ranges::find(before, each.fault) == before.end();
  });
  for (auto& each : parts_) {
    each.fault = static_cast<std::size_t>(std::ranges::find(before, each.fault) - before.begin());
  }
}

} // namespace conecta::fault
