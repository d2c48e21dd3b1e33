#include "fault/relay.hpp"

namespace conecta::fault {

relay::relay(plan faults) : schedule_{std::move(faults)}, next_change_{[this] { turn(); }} {}

void relay::begin(instant origin) {
  thread_.loop().post([this, origin] {
    schedule_.begin(origin);
    turn();
  });
}

void relay::turn() {
  auto const now = thread_.loop().now();
  auto const changes = schedule_.advance(now);
  for (auto const& change : changes) {
    on_change(change);
  }
  schedule_.record(changes, now);
  thread_.loop().arm(next_change_, schedule_.next_change(now));
}

void relay::stop() {
  thread_.stop();
  thread_.loop().disarm(next_change_);
  // Windows that the run's end cut short are noted; there is nobody left to be told.
  schedule_.end(thread_.loop().now());
}

std::uint64_t relay::injected(std::string_view fault_id) const noexcept {
  auto const fault = schedule_.what().find(fault_id);
  return fault ? schedule_.injected(*fault) : 0;
}

} // namespace conecta::fault
