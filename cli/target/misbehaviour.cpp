#include "target/misbehaviour.hpp"

#include <algorithm>

namespace conecta::target {

using fault::fault_type;

misbehaviour::misbehaviour(wire::event_loop& loop, fault::plan faults, orders then)
    : loop_{&loop},
      then_{std::move(then)},
      schedule_{std::move(faults)},
      turning_{schedule_, loop, [this](auto const& change) { on_change(change); }},
      come_up_{[this] { look_at_clock(loop_->now()); }} {}

void misbehaviour::end() {
  turning_.end();
  loop_->disarm(come_up_);
}

void misbehaviour::on_change(fault::schedule::change const& change) {
  bool const opened = change.what == fault::schedule::change::kind::opened;
  auto const type = spec(change.fault).type;
  if (type == fault_type::idle_disconnect && opened) {
    then_.look_again();
  } else if (type == fault_type::restart && opened) {
    restart(change.fault);
  } else if (type == fault_type::restart && down_until_.contains(change.fault)) {
    down_until_[change.fault] = loop_->now();
    look_at_clock(loop_->now());
  }
}

void misbehaviour::restart(std::size_t fault) {
  if (!schedule_.hits_window(fault)) {
    return;
  }
  schedule_.count(fault);
  down_until_[fault] = saturating_add(loop_->now(), spec(fault).down);
  then_.go_down();
  look_at_clock(loop_->now());
}

void misbehaviour::look_at_clock(instant now) {
  bool const was_down = !down_until_.empty();
  std::erase_if(down_until_, [now](auto const& each) { return each.second <= now; });
  if (was_down && down_until_.empty()) {
    then_.come_up();
  }
  auto next = never;
  for (auto const& each : down_until_) {
    next = std::min(next, each.second);
  }
  loop_->arm(come_up_, next);
}

std::optional<misbehaviour::idle_limit> misbehaviour::idle_limit_of(connection const& which) const {
  std::optional<idle_limit> shortest;
  for (auto const fault : schedule_.active()) {
    auto const& each = spec(fault);
    if (each.type == fault_type::idle_disconnect && schedule_.covers(fault, which.opened) &&
        (!shortest || each.after < shortest->after) &&
        schedule_.hits_connection(fault, which.number)) {
      shortest = idle_limit{each.after, fault};
    }
  }
  return shortest;
}

bool misbehaviour::turns_away(std::uint64_t number, std::size_t open) {
  for (auto const fault : schedule_.active()) {
    auto const& each = spec(fault);
    if (each.type == fault_type::max_connections && open >= each.connections &&
        schedule_.hits_connection(fault, number)) {
      schedule_.count(fault);
      return true;
    }
  }
  return false;
}

bool misbehaviour::strikes_requests() const {
  return std::ranges::any_of(schedule_.active(), [this](std::size_t fault) {
    auto const type = spec(fault).type;
    return type == fault_type::slow_reply || type == fault_type::error_reply;
  });
}

std::optional<std::string_view>
misbehaviour::error_reply(std::uint64_t number, std::uint64_t request,
                          std::function<bool(std::string_view)> const& can_be) {
  for (auto const fault : schedule_.active()) {
    auto const& each = spec(fault);
    if (each.type == fault_type::error_reply && can_be(each.code) &&
        schedule_.what().hits_request(fault, number, request)) {
      schedule_.count(fault);
      return each.code;
    }
  }
  return std::nullopt;
}

duration misbehaviour::reply_delay(std::uint64_t number, std::uint64_t request) {
  duration sum{};
  for (auto const fault : schedule_.active()) {
    auto const& each = spec(fault);
    if (each.type == fault_type::slow_reply &&
        schedule_.what().hits_request(fault, number, request)) {
      schedule_.count(fault);
      sum += each.delay;
    }
  }
  return sum;
}

} // namespace conecta::target
