// What the UDP relay keeps of a client between two datagrams: whether its line is good or bad, and
// until when it is busy; and under which numbers, when the set of faults is exchanged.

#include "fault/udp_relay.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace conecta::fault {

void flow::forget(std::size_t fault) {
  auto const is_its = [fault](auto const& each) { return each.first.first == fault; };
  counted.erase(fault);
  std::erase_if(lines, is_its);
  std::erase_if(paces, is_its);
}

void flow::renumber(std::span<std::size_t const> before) {
  auto const place_of = [&](std::size_t fault) {
    return static_cast<std::size_t>(std::ranges::find(before, fault) - before.begin());
  };
  auto const of_each = [&](auto const& old) {
    std::remove_cvref_t<decltype(old)> made;
    for (auto const& [key, state] : old) {
      if (auto const place = place_of(key.first); place < before.size()) {
        made.emplace(std::pair{place, key.second}, state);
      }
    }
    return made;
  };
  lines = of_each(lines);
  paces = of_each(paces);
  std::set<std::size_t> faults;
  for (auto const fault : counted) {
    if (auto const place = place_of(fault); place < before.size()) {
      faults.insert(place);
    }
  }
  counted = std::move(faults);
}

/// What waits for a fault that is gone was let go before.
void udp_relay::on_renumbered(std::span<std::size_t const> before) {
  auto const place_of = [&](std::size_t fault) {
    return static_cast<std::size_t>(std::ranges::find(before, fault) - before.begin());
  };
  for (auto& each : held_) {
    each.fault = place_of(each.fault);
  }
  std::priority_queue<late_datagram> late;
  for (; !late_.empty(); late_.pop()) {
    auto each = late_.top();
    each.due.renumber(before);
    late.push(std::move(each));
  }
  late_ = std::move(late);
  for (auto const& each : flows_) {
    each.second->renumber(before);
  }
}

void udp_relay::count_client(flow& of, std::size_t fault) {
  if (of.counted.insert(fault).second) {
    schedule_.count(fault);
  }
}

/// The state of a line changes with every datagram of its direction, whatever becomes of it.
bool udp_relay::line_is_good(flow& of, draw_point const& point, std::size_t fault) {
  auto const& spec = schedule_.what()[fault];
  if (spec.towards != direction::both && spec.towards != point.towards) {
    return true;
  }
  auto& state = of.lines.try_emplace({fault, point.towards}, line_state::good).first->second;
  state = schedule_.what().next_state(fault, point, state);
  return state == line_state::good;
}

/// Its last byte leaves a line of the fault's bandwidth; one that finds the queue full is lost.
udp_relay::fate udp_relay::queue_up(flow& of, direction towards, passing& what, std::size_t fault) {
  count_client(of, fault);
  auto const& spec = schedule_.what()[fault];
  datagram_pace const fresh{spec.rate, spec.queue};
  auto& pace = of.paces.try_emplace({fault, towards}, fresh).first->second;
  auto const leaves = pace.admit(what.bytes.size(), what.due.until());
  if (!leaves) {
    return fate::gone;
  }
  what.due.add(fault, *leaves - what.due.until());
  return fate::goes_on;
}

/// What waits for a fault that is gone, or for its turn on a line whose bandwidth is no longer
/// limited, waits no longer for that.
void udp_relay::hurry(std::size_t fault) {
  std::priority_queue<late_datagram> others;
  for (; !late_.empty(); late_.pop()) {
    auto each = late_.top();
    each.due.release(fault);
    others.push(std::move(each));
  }
  late_ = std::move(others);
  if (!late_.empty()) {
    loop().arm(late_due_, late_.top().due.until());
  }
}

} // namespace conecta::fault
