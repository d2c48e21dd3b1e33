#pragma once

// The UDP relay: a socket for all clients, and one towards the endpoint for each of them. What the
// faults do is decided datagram by datagram; see relay.hpp.
//
// Thread safety: the relay's thread, but for what relay.hpp says.

#include "fault/hold.hpp"
#include "fault/pacing.hpp"
#include "fault/relay.hpp"
#include "wire/datagram_port.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conecta::fault {

class udp_relay;

/// One client's address and the socket through which its datagrams go on.
struct flow final : wire::event_loop::watcher {
  flow(udp_relay& of, std::uint64_t which, wire::address const& whose)
      : owner{&of}, number{which}, client{whose} {}
  void on_ready(std::uint32_t events) override;
  /// A window of the fault has ended.
  void forget(std::size_t fault);
  /// The plan was exchanged; see relay::on_renumbered.
  void renumber(std::span<std::size_t const> before);

  udp_relay* owner;
  std::uint64_t number;
  wire::address client;
  wire::descriptor upstream;
  instant opened{};
  instant last_used{};
  std::uint64_t sent_down = 0;
  std::uint64_t sent_up = 0;
  std::uint64_t extra_drawn = 0; ///< the request that was drawn last
  std::set<std::size_t> counted; ///< faults that count clients, in this window of theirs
  std::map<std::pair<std::size_t, direction>, line_state> lines;
  std::map<std::pair<std::size_t, direction>, datagram_pace> paces;
  std::size_t late = 0; ///< datagrams that wait for their time
  bool refused = false; ///< by the endpoint, since its last datagram
};

class udp_relay final : public relay, private wire::event_loop::watcher {
 public:
  explicit udp_relay(relay_options options);
  ~udp_relay() override { udp_relay::stop(); }

  [[nodiscard]] wire::address address() const override { return port_.where(); }
  void stop() override;
  void forget(wire::address const& client) override;
  void read_upstream(flow& from);

 private:
  struct late_datagram {
    hold due;
    std::uint64_t order;
    flow* of;
    direction towards;
    std::string bytes;
    /// The queue keeps the greatest on top.
    bool operator<(late_datagram const& other) const noexcept {
      return due.until() != other.due.until() ? due.until() > other.due.until()
                                              : order > other.order;
    }
  };

  /// Held until others have overtaken it, or the fault's window ends.
  struct held_datagram {
    flow* of;
    direction towards;
    std::size_t fault;
    std::size_t overtakers; ///< `most_late`: no number of them
    std::string bytes;
  };
  /// What is about to be sent for one datagram.
  struct passing {
    std::span<char> bytes;
    std::vector<std::string> more;
    hold due;
    int copies = 1;
  };
  enum class fate : std::uint8_t { goes_on, gone };

  void on_ready(std::uint32_t events) override;
  void on_change(schedule::change const& change) override;
  void on_removed(std::size_t fault) override { hurry(fault); }
  void on_renumbered(std::span<std::size_t const> before) override;

  [[nodiscard]] flow* flow_of(wire::address const& client);
  [[nodiscard]] bool connect_upstream(flow& of);
  void find_refused(flow& by);
  void make_room();
  void reap(duration limit);
  void reap_again();
  void pass(flow& of, direction towards, std::span<char> bytes);
  void send(flow& of, direction towards, std::string_view bytes);
  void send_late();
  [[nodiscard]] fate apply(std::size_t fault, flow& of, draw_point const& point, passing& what);
  void count_client(flow& of, std::size_t fault);
  [[nodiscard]] bool line_is_good(flow& of, draw_point const& point, std::size_t fault);
  [[nodiscard]] fate queue_up(flow& of, direction towards, passing& what, std::size_t fault);
  void send_or_delay(flow& of, direction towards, std::string_view bytes, passing const& what);
  void hurry(std::size_t fault);
  void hold_back(flow& of, direction towards, passing const& what, std::size_t fault,
                 std::size_t overtakers);
  [[nodiscard]] bool is_being_overtaken(flow const& of, direction towards, std::size_t fault) const;
  void overtake(flow& of, direction towards);
  void release(std::function<bool(held_datagram const&)> const& which);
  void turn_port(std::size_t fault, schedule::change::kind what);

  void retire(std::unique_ptr<flow> which);

  std::size_t const most_flows_;
  wire::address upstream_;
  wire::datagram_port port_;
  std::array<char, 65536> scratch_;
  std::unordered_map<std::string, std::unique_ptr<flow>> flows_; ///< by the client's address
  std::uint64_t next_number_ = 0;
  std::priority_queue<late_datagram> late_;
  std::uint64_t late_order_ = 0;
  std::size_t late_bytes_ = 0;
  std::vector<held_datagram> held_;
  std::size_t ports_closed_ = 0; ///< windows that close the port
  wire::event_loop::calling_alarm late_due_{[this] { send_late(); }};
  wire::event_loop::calling_alarm reap_due_{[this] { reap_again(); }};
};

} // namespace conecta::fault
