#include "fault/turning.hpp"

namespace conecta::fault {

void turning::begin(instant origin) {
  loop_->post([this, origin] {
    what_->begin(origin);
    turn();
  });
}

void turning::turn() {
  auto const now = loop_->now();
  auto const changes = what_->advance(now);
  for (auto const& change : changes) {
    then_(change);
  }
  what_->record(changes, now);
  loop_->arm(next_change_, what_->next_change(now));
}

void turning::end() {
  loop_->disarm(next_change_);
  what_->end(loop_->now());
}

} // namespace conecta::fault
