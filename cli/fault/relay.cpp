#include "fault/relay.hpp"

namespace conecta::fault {

relay::relay(plan faults)
    : schedule_{std::move(faults)},
      turning_{schedule_, thread_.loop(), [this](auto const& change) { on_change(change); }} {}

void relay::stop() {
  thread_.stop();
  turning_.end();
}

std::uint64_t relay::injected(std::string_view fault_id) const noexcept {
  return schedule_.injected(fault_id);
}

} // namespace conecta::fault
