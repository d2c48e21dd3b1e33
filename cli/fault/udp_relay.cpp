#include "fault/udp_relay.hpp"

#include "fault/damage.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <system_error>

namespace conecta::fault {

namespace {

constexpr duration idle_limit = std::chrono::seconds{30};
constexpr duration reap_interval = std::chrono::seconds{5};
constexpr duration idle_enough = std::chrono::seconds{3}; ///< to make room for another
constexpr std::size_t most_late = 65536;
constexpr std::size_t most_late_bytes = std::size_t{64} << 20;
constexpr std::size_t most_held = 4096;
constexpr int datagrams_at_once = 64;

} // namespace

void flow::on_ready(std::uint32_t) { owner->read_upstream(*this); }

udp_relay::udp_relay(relay_options options)
    : relay{std::move(options.faults)},
      most_flows_{options.most_clients},
      upstream_{options.upstream},
      port_{options.listen} {
  loop().watch_reads(port_.get(), *this);
  run("relay-udp");
}

void udp_relay::stop() {
  relay::stop();
  loop().disarm(late_due_);
  loop().disarm(reap_due_);
  port_.close();
  flows_.clear();
  late_ = {};
  held_.clear();
}

void udp_relay::on_ready(std::uint32_t) {
  for (int i = 0; i < datagrams_at_once; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto const size = ::recvfrom(port_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) {
      return;
    }
    wire::address const client{reinterpret_cast<sockaddr const*>(&from), from_size};
    if (auto* const of = flow_of(client)) {
      pass(*of, direction::upstream, {scratch_.data(), static_cast<std::size_t>(size)});
    }
  }
}

void udp_relay::read_upstream(flow& from) {
  for (int i = 0; i < datagrams_at_once && from.upstream; ++i) {
    auto const size = ::recv(from.upstream.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    if (size >= 0) {
      from.refused = false;
      pass(from, direction::downstream, {scratch_.data(), static_cast<std::size_t>(size)});
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno == ECONNREFUSED) { // the port was closed when an earlier datagram came
      find_refused(from);
    }
  }
}

/// Only the kernel can tell the client. It counts once until the endpoint answers it again.
void udp_relay::find_refused(flow& by) {
  if (!by.refused) {
    by.refused = true;
    traffic_.count_unreachable(ECONNREFUSED);
  }
}

/// The flow of this client, made if need be; null where there is no room or no socket for it.
flow* udp_relay::flow_of(wire::address const& client) {
  std::string key{client.bytes()};
  if (auto const found = flows_.find(key); found != flows_.end()) {
    return found->second.get();
  }
  auto made = std::make_unique<flow>(*this, next_number_, client);
  if (flows_.size() >= most_flows_ || !connect_upstream(*made)) {
    make_room();
    if (flows_.size() >= most_flows_ || !connect_upstream(*made)) {
      turn_away();
      return nullptr;
    }
  }
  made->opened = loop().now();
  ++next_number_;
  ++traffic_.clients;
  ++traffic_.open;
  if (reap_due_.due() == never) {
    loop().arm(reap_due_, loop().now() + reap_interval);
  }
  return flows_.emplace(std::move(key), std::move(made)).first->second.get();
}

bool udp_relay::connect_upstream(flow& of) {
  wire::descriptor made{::socket(upstream_.domain(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!made || ::connect(made.get(), upstream_.data(), upstream_.size()) != 0) {
    return false;
  }
  try {
    loop().watch_reads(made.get(), of);
  } catch (std::system_error const&) {
    return false;
  }
  of.upstream = std::move(made);
  return true;
}

/// What is late for it still goes on its way; the next reap takes what is left.
void udp_relay::forget(wire::address const& client) {
  loop().post([this, key = std::string{client.bytes()}] {
    auto const found = flows_.find(key);
    if (found != flows_.end() && found->second->late == 0) {
      retire(std::move(found->second));
      flows_.erase(found);
    }
  });
}

void udp_relay::retire(std::unique_ptr<flow> which) {
  --traffic_.open;
  which->upstream.close();
  loop().retire(std::move(which));
}

void udp_relay::make_room() { reap(idle_enough); }

void udp_relay::reap_again() {
  reap(idle_limit);
  if (!flows_.empty()) {
    loop().arm(reap_due_, loop().now() + reap_interval);
  }
}

void udp_relay::reap(duration limit) {
  for (auto at = flows_.begin(); at != flows_.end();) {
    auto& which = at->second;
    if (which->late > 0 || loop().now() - which->last_used < limit) {
      ++at;
      continue;
    }
    retire(std::move(which));
    at = flows_.erase(at);
  }
}

void udp_relay::pass(flow& of, direction towards, std::span<char> bytes) {
  of.last_used = loop().now();
  auto& number = towards == direction::downstream ? of.sent_down : of.sent_up;
  draw_point const point{of.number, towards, number++};
  passing what{.bytes = bytes, .more = {}, .due = hold{loop().now()}, .copies = 1};
  for (auto const fault : schedule_.active()) {
    if (!schedule_.covers(fault, of.opened)) {
      continue;
    }
    if (apply(fault, of, point, what) == fate::gone) {
      return;
    }
  }
  for (int i = 0; i < what.copies; ++i) {
    send_or_delay(of, towards, {what.bytes.data(), what.bytes.size()}, what);
  }
  for (auto const& extra : what.more) {
    send_or_delay(of, towards, extra, what);
  }
  overtake(of, towards);
}

udp_relay::fate udp_relay::apply(std::size_t fault, flow& of, draw_point const& point,
                                 passing& what) {
  auto const& plan = schedule_.what();
  auto const& spec = plan[fault];
  bool const is_reply = point.towards == direction::downstream && of.sent_up > 0;
  switch (spec.type) {
  case fault_type::blackhole:
    if ((spec.towards != direction::both && spec.towards != point.towards) ||
        !schedule_.hits_connection(fault, of.number)) {
      return fate::goes_on;
    }
    count_client(of, fault);
    return fate::gone;
  case fault_type::bandwidth:
    if (spec.towards != direction::both && spec.towards != point.towards) {
      return fate::goes_on;
    }
    return schedule_.hits_connection(fault, of.number) ? queue_up(of, point.towards, what, fault)
                                                       : fate::goes_on;
  case fault_type::stall:
    if (!is_reply || !plan.hits_request(fault, of.number, of.sent_up)) {
      return fate::goes_on;
    }
    schedule_.count(fault);
    hold_back(of, point.towards, what, fault, most_late);
    return fate::gone;
  case fault_type::extra_reply:
    if (is_reply && of.extra_drawn != of.sent_up) {
      of.extra_drawn = of.sent_up;
      if (plan.hits_request(fault, of.number, of.sent_up)) {
        schedule_.count(fault);
        what.more.push_back(spec.send);
      }
    }
    return fate::goes_on;
  default:
    break;
  }
  bool const spared = spec.burst && line_is_good(of, point, fault);
  if (spared || !plan.hits(fault, point)) {
    return fate::goes_on;
  }
  switch (spec.type) {
  case fault_type::loss:
    schedule_.count(fault);
    return fate::gone;
  case fault_type::reorder:
    if (is_being_overtaken(of, point.towards, fault)) {
      return fate::goes_on; // by this one
    }
    schedule_.count(fault);
    hold_back(of, point.towards, what, fault, spec.behind);
    return fate::gone;
  case fault_type::duplicate:
    schedule_.count(fault);
    what.copies *= 2;
    break;
  case fault_type::latency:
    schedule_.count(fault);
    what.due.add(fault, plan.delay(fault, point));
    break;
  case fault_type::corrupt:
    if (!what.bytes.empty()) {
      schedule_.count(fault);
      flip_bits(what.bytes, spec.bits, plan.details(fault, point));
    }
    break;
  case fault_type::truncate:
    if (what.bytes.size() > spec.bytes) {
      schedule_.count(fault);
      what.bytes = what.bytes.first(spec.bytes);
    }
    break;
  default:
    break;
  }
  return fate::goes_on;
}

void udp_relay::send_or_delay(flow& of, direction towards, std::string_view bytes,
                              passing const& what) {
  if (!what.due.is_held()) {
    send(of, towards, bytes);
    return;
  }
  if (late_.size() >= most_late || late_bytes_ + bytes.size() > most_late_bytes) {
    return; // no room to keep it: lost, as in any full queue on the way
  }
  ++of.late;
  late_bytes_ += bytes.size();
  late_.push({what.due, late_order_++, &of, towards, std::string{bytes}});
  loop().arm(late_due_, late_.top().due.until());
}

void udp_relay::hold_back(flow& of, direction towards, passing const& what, std::size_t fault,
                          std::size_t overtakers) {
  if (held_.size() < most_held) {
    ++of.late;
    held_.push_back({&of, towards, fault, overtakers, {what.bytes.begin(), what.bytes.end()}});
  }
}

bool udp_relay::is_being_overtaken(flow const& of, direction towards, std::size_t fault) const {
  return std::ranges::any_of(held_, [&](held_datagram const& each) {
    return each.of == &of && each.towards == towards && each.fault == fault;
  });
}

/// One datagram more has gone by those that are held for others to overtake.
void udp_relay::overtake(flow& of, direction towards) {
  for (auto& each : held_) {
    if (each.of == &of && each.towards == towards && each.overtakers != most_late) {
      --each.overtakers;
    }
  }
  release([](held_datagram const& each) { return each.overtakers == 0; });
}

void udp_relay::release(std::function<bool(held_datagram const&)> const& which) {
  for (auto& each : held_) {
    if (which(each)) {
      send(*each.of, each.towards, each.bytes);
      --each.of->late;
    }
  }
  std::erase_if(held_, which);
}

void udp_relay::on_change(schedule::change const& change) {
  bool const opened = change.what == schedule::change::kind::opened;
  if (schedule_.what()[change.fault].type == fault_type::port_closed) {
    turn_port(change.fault, change.what);
  } else if (!opened) {
    release([&](held_datagram const& each) { return each.fault == change.fault; });
    if (schedule_.what()[change.fault].type == fault_type::bandwidth) {
      hurry(change.fault);
    }
    for (auto const& each : flows_) {
      each.second->forget(change.fault);
    }
  }
}

void udp_relay::turn_port(std::size_t fault, schedule::change::kind what) {
  if (!schedule_.hits_window(fault)) {
    return;
  }
  if (what == schedule::change::kind::opened) {
    schedule_.count(fault);
    ++ports_closed_;
  } else {
    --ports_closed_;
  }
  if (ports_closed_ > 0) {
    port_.shut();
  } else {
    port_.open();
  }
}

void udp_relay::send(flow& of, direction towards, std::string_view bytes) {
  // A datagram that the kernel does not take is lost, as datagrams are.
  ssize_t size = -1;
  if (towards == direction::upstream) {
    size = ::send(of.upstream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == ECONNREFUSED) {
      // The error was an earlier datagram's; this one has not been sent yet.
      find_refused(of);
      size = ::send(of.upstream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
  } else if (ports_closed_ == 0) {
    size = ::sendto(port_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, of.client.data(),
                    of.client.size());
  }
  if (size >= 0) {
    traffic_.count_passed(towards, bytes.size());
  }
}

void udp_relay::send_late() {
  while (!late_.empty() && late_.top().due.until() <= loop().now()) {
    auto const& first = late_.top();
    send(*first.of, first.towards, first.bytes);
    --first.of->late;
    late_bytes_ -= first.bytes.size();
    late_.pop();
  }
  if (!late_.empty()) {
    loop().arm(late_due_, late_.top().due.until());
  }
}

std::unique_ptr<relay> start_udp_relay(relay_options options) {
  return std::make_unique<udp_relay>(std::move(options));
}

} // namespace conecta::fault
