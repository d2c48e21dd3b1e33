// What the UDP relay keeps of a client between two datagrams: whether its line is good or bad, and
// until when it is busy.

#include "fault/udp_relay.hpp"

#include <algorithm>

namespace conecta::fault {

void flow::forget(std::size_t fault) {
  auto const is_its = [fault](auto const& each) { return each.first.first == fault; };
  counted.erase(fault);
  std::erase_if(lines, is_its);
  std::erase_if(paces, is_its);
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
udp_relay::fate udp_relay::queue_up(flow& of, direction towards, passing& what,
                                    std::size_t fault) {
  count_client(of, fault);
  auto const& spec = schedule_.what()[fault];
  datagram_pace const fresh{spec.rate, spec.queue};
  auto& pace = of.paces.try_emplace({fault, towards}, fresh).first->second;
  auto const leaves = pace.admit(what.bytes.size(), loop().now() + what.delay);
  if (!leaves) {
    return fate::gone;
  }
  auto const paced = *leaves - (loop().now() + what.delay);
  what.delay += paced;
  what.paced += paced;
  what.paced_by = fault;
  return fate::goes_on;
}

/// What waits for its turn on a line whose bandwidth is no longer limited waits no more.
void udp_relay::hurry(std::size_t fault) {
  if (schedule_.what()[fault].type != fault_type::bandwidth) {
    return;
  }
  std::priority_queue<late_datagram> others;
  for (; !late_.empty(); late_.pop()) {
    auto each = late_.top();
    if (each.paced_by == fault) {
      each.due = std::max(loop().now(), each.due - each.paced);
    }
    others.push(std::move(each));
  }
  late_ = std::move(others);
  if (!late_.empty()) {
    loop().arm(late_due_, late_.top().due);
  }
}

} // namespace conecta::fault
