#include "fault/relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <queue>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unordered_map>

namespace conecta::fault {

namespace {

constexpr duration idle_limit = std::chrono::seconds{30};
constexpr duration idle_enough = std::chrono::seconds{3}; ///< to make room for another
constexpr duration reap_interval = std::chrono::seconds{5};
constexpr std::size_t most_late = 65536;
constexpr std::size_t most_late_bytes = std::size_t{64} << 20;
constexpr int datagrams_at_once = 64;

class udp_relay;

/// One client's address and the socket through which its datagrams go on.
struct flow final : wire::event_loop::watcher {
  flow(udp_relay& of, std::uint64_t which, wire::address const& whose)
      : owner{&of}, number{which}, client{whose} {}
  void on_ready(std::uint32_t events) override;

  udp_relay* owner;
  std::uint64_t number;
  wire::address client;
  wire::descriptor upstream;
  instant opened{};
  instant last_used{};
  std::uint64_t sent_down = 0;
  std::uint64_t sent_up = 0;
  std::size_t late = 0; ///< datagrams that wait for their time
};

class udp_relay final : public relay, private wire::event_loop::watcher {
 public:
  explicit udp_relay(relay_options options);
  ~udp_relay() override { udp_relay::stop(); }

  [[nodiscard]] wire::address address() const override { return where_; }
  void stop() override;
  void forget(wire::address const& client) override;
  void read_upstream(flow& from);

 private:
  struct late_datagram {
    instant due;
    std::uint64_t order;
    flow* of;
    direction towards;
    std::string bytes;
    /// The queue keeps the greatest on top.
    bool operator<(late_datagram const& other) const noexcept {
      return due != other.due ? due > other.due : order > other.order;
    }
  };

  void on_ready(std::uint32_t events) override;
  void on_change(schedule::change const&) override {} // decided datagram by datagram

  [[nodiscard]] flow* flow_of(wire::address const& client);
  [[nodiscard]] bool connect_upstream(flow& of);
  void make_room();
  void reap(duration limit);
  void pass(flow& of, direction towards, std::string_view bytes);
  void send(flow& of, direction towards, std::string_view bytes);
  void send_late();

  void retire(std::unique_ptr<flow> which);

  std::size_t const most_flows_;
  wire::address upstream_;
  wire::descriptor socket_;
  wire::address where_;
  std::array<char, 65536> scratch_;
  std::unordered_map<std::string, std::unique_ptr<flow>> flows_; ///< by the client's address
  std::uint64_t next_number_ = 0;
  std::priority_queue<late_datagram> late_;
  std::uint64_t late_order_ = 0;
  std::size_t late_bytes_ = 0;
  wire::event_loop::calling_alarm late_due_{[this] { send_late(); }};
  wire::event_loop::calling_alarm reap_due_{[this] {
    reap(idle_limit);
    if (!flows_.empty()) {
      loop().arm(reap_due_, loop().now() + reap_interval);
    }
  }};
};

void flow::on_ready(std::uint32_t) { owner->read_upstream(*this); }

void widen(int socket) noexcept {
  int const room = 4 << 20; // the kernel grants what it may
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

udp_relay::udp_relay(relay_options options)
    : relay{std::move(options.faults)},
      most_flows_{options.most_clients},
      upstream_{options.upstream} {
  auto const& wanted = options.listen;
  socket_ =
      wire::descriptor{::socket(wanted.domain(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket_ || ::bind(socket_.get(), wanted.data(), wanted.size()) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot bind to " + wanted.text()};
  }
  widen(socket_.get());
  where_ = wire::local_address(socket_.get());
  loop().watch_reads(socket_.get(), *this);
  run("relay-udp");
}

void udp_relay::stop() {
  relay::stop();
  loop().disarm(late_due_);
  loop().disarm(reap_due_);
  socket_.close();
  flows_.clear();
  late_ = {};
}

void udp_relay::on_ready(std::uint32_t) {
  for (int i = 0; i < datagrams_at_once; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto const size = ::recvfrom(socket_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT,
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
      pass(from, direction::downstream, {scratch_.data(), static_cast<std::size_t>(size)});
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    }
    // Else a port that was closed when an earlier datagram came: the error is taken, go on.
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
  which->upstream.close();
  loop().retire(std::move(which));
}

void udp_relay::make_room() { reap(idle_enough); }

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

void udp_relay::pass(flow& of, direction towards, std::string_view bytes) {
  of.last_used = loop().now();
  auto& number = towards == direction::downstream ? of.sent_down : of.sent_up;
  draw_point const point{of.number, towards, number++};
  auto const& plan = schedule_.what();
  auto delay = duration::zero();
  for (auto const fault : schedule_.active()) {
    if (!schedule_.covers(fault, of.opened) || !plan.hits(fault, point)) {
      continue;
    }
    if (plan[fault].type == fault_type::loss) {
      schedule_.count(fault);
      return;
    }
    if (plan[fault].type == fault_type::latency) {
      schedule_.count(fault);
      delay += plan.delay(fault, point);
    }
  }
  if (delay == duration::zero()) {
    send(of, towards, bytes);
    return;
  }
  if (late_.size() >= most_late || late_bytes_ + bytes.size() > most_late_bytes) {
    return; // no room to keep it: lost, as in any full queue on the way
  }
  ++of.late;
  late_bytes_ += bytes.size();
  late_.push({loop().now() + delay, late_order_++, &of, towards, std::string{bytes}});
  loop().arm(late_due_, late_.top().due);
}

void udp_relay::send(flow& of, direction towards, std::string_view bytes) {
  // A datagram that the kernel does not take is lost, as datagrams are.
  if (towards == direction::upstream) {
    auto const size = ::send(of.upstream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == ECONNREFUSED) {
      // The error was an earlier datagram's; this one has not been sent yet.
      ::send(of.upstream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
  } else {
    ::sendto(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, of.client.data(),
             of.client.size());
  }
}

void udp_relay::send_late() {
  while (!late_.empty() && late_.top().due <= loop().now()) {
    auto const& first = late_.top();
    send(*first.of, first.towards, first.bytes);
    --first.of->late;
    late_bytes_ -= first.bytes.size();
    late_.pop();
  }
  if (!late_.empty()) {
    loop().arm(late_due_, late_.top().due);
  }
}

} // namespace

std::unique_ptr<relay> start_udp_relay(relay_options options) {
  return std::make_unique<udp_relay>(std::move(options));
}

} // namespace conecta::fault
