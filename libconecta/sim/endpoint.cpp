#include "sim/endpoint.hpp"

#include <algorithm>

namespace conecta::sim {

namespace {

using namespace std::chrono_literals;

} // namespace

endpoint::endpoint(world const& in, std::uint64_t seed)
    : by_hook_(hook_count),
      obedience_{in.callers.obeys},
      chance_{seed, purpose::hooks},
      running_(slots_of(in.pool)) {
  for (auto const& each : in.faults) {
    by_hook_[static_cast<std::size_t>(each.at)].push_back(each);
  }
}

core::health endpoint::found_by(running const& that) {
  if (!that.begun) {
    return core::health::unknown;
  }
  return that.good ? core::health::good : core::health::bad;
}

/// A pool grows.
endpoint::running& endpoint::hook_of(std::uint32_t index) {
  if (index >= running_.size()) {
    running_.resize(index + 1);
  }
  return running_[index];
}

fault const& endpoint::draw(hook which) {
  static constexpr fault usual{.what = outcome::succeed, .delay = 100us, .jitter = 1ms};
  auto left = chance_.unit();
  for (auto const& each : by_hook_[static_cast<std::size_t>(which)]) {
    if (left < each.probability) {
      return each;
    }
    left -= each.probability;
  }
  return usual;
}

endpoint::start endpoint::begin(hook which, slot_ref slot, instant now, instant deadline) {
  auto& that = hook_of(slot.index);
  that.which = which;
  that.slot = slot;
  ++that.serial;
  that.active = true;
  that.hangs = false;
  that.good = true;
  that.begun = true;
  that.obeys = false;
  if (healed_) {
    return {saturating_add(now, *healed_), that.serial, outcome::succeed};
  }
  auto const& drawn = draw(which);
  ++outcomes_[static_cast<std::size_t>(which)][static_cast<std::size_t>(drawn.what)];
  auto const delay = drawn.delay + chance_.up_to(drawn.jitter);
  that.obeys = chance_.happens(obedience_);
  switch (drawn.what) {
  case outcome::succeed:
  case outcome::jump:
    break;
  case outcome::refused:
  case outcome::fail:
  case outcome::throws:
    that.good = false;
    break;
  case outcome::no_memory:
    that.good = false;
    return {now, that.serial, drawn.what};
  case outcome::hang:
    that.hangs = true;
    that.good = chance_.happens(0.3);
    that.stuck_for = delay;
    return {never, that.serial, drawn.what};
  case outcome::late:
    that.obeys = false;
    return {saturating_add(deadline, delay), that.serial, drawn.what};
  }
  return {saturating_add(now, delay), that.serial, drawn.what};
}

endpoint::start endpoint::bring(slot_ref slot, instant at) {
  auto& that = hook_of(slot.index);
  that = {.which = hook::open, .slot = slot, .serial = that.serial + 1, .active = true};
  that.good = chance_.happens(0.8);
  return {at, that.serial, outcome::succeed};
}

std::optional<endpoint::start> endpoint::interrupted(slot_ref slot, instant now) {
  auto& that = hook_of(slot.index);
  if (!that.active || that.slot != slot || healed_) {
    return std::nullopt;
  }
  if (that.hangs) {
    that.hangs = false;
    return start{saturating_add(now, that.stuck_for), that.serial, outcome::hang};
  }
  if (that.obeys) {
    that.obeys = false;
    that.good = false;
    that.begun = (that.which != hook::check && that.which != hook::reset) || chance_.happens(0.8);
    ++that.serial;
    return start{now, that.serial, outcome::fail};
  }
  return std::nullopt;
}

std::optional<endpoint::start> endpoint::heal_running(std::uint32_t index, instant now) {
  auto& that = hook_of(index);
  if (!that.active) {
    return std::nullopt;
  }
  ++that.serial;
  return start{saturating_add(now, healed_.value_or(0ns)), that.serial, outcome::succeed};
}

std::optional<core::event> endpoint::answer(std::uint32_t index, std::uint32_t serial) {
  auto& that = hook_of(index);
  if (!that.active || that.serial != serial) {
    return std::nullopt;
  }
  that.active = false;
  switch (that.which) {
  case hook::open:
    return that.good ? core::event{core::opened{that.slot}} : core::open_failed{that.slot};
  case hook::check:
    return core::checked{that.slot, found_by(that)};
  case hook::reset:
    return core::reset_done{that.slot, found_by(that)};
  case hook::close:
    return core::closed{that.slot};
  case hook::clock:
    break;
  }
  return std::nullopt;
}

} // namespace conecta::sim
