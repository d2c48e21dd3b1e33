#pragma once

// What an embedded server does wrong, and when: its faults on the clock, as its loop turns them.
// The server asks what applies to a connection or a request, and is told when to go down.
//
// Thread safety: begin(), injected() and windows() may be called from any thread, end() when no
// thread runs the loop, the rest by the loop's thread.

#include "fault/turning.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace conecta::target {

class misbehaviour {
 public:
  /// What the server is to do, at once.
  struct orders {
    std::function<void()> go_down; ///< closes its port and all connections; may come again
    std::function<void()> come_up;
    std::function<void()> look_again; ///< connections may be idle for too long, now
  };
  struct connection {
    std::uint64_t number = 0; ///< in the order in which they were accepted, from 0
    instant opened{};
  };
  struct idle_limit {
    duration after{};
    std::size_t fault = 0;
  };

  misbehaviour(wire::event_loop& loop, fault::plan faults, orders then);
  ~misbehaviour() { loop_->disarm(come_up_); }
  misbehaviour(misbehaviour const&) = delete;
  misbehaviour& operator=(misbehaviour const&) = delete;

  void begin(instant origin) { turning_.begin(origin); }
  void end();

  /// The shortest of the limits that are on this connection.
  [[nodiscard]] std::optional<idle_limit> idle_limit_of(connection const& which) const;
  void count(std::size_t fault) noexcept { schedule_.count(fault); }
  /// Whether one more connection beside `open` others is closed at once; counts it.
  [[nodiscard]] bool turns_away(std::uint64_t number, std::size_t open);
  /// Whether requests have to be told from each other: one of the two below strikes.
  [[nodiscard]] bool strikes_requests() const;
  /// The error that is said instead of the reply to this request, told from 1, if it can be;
  /// counts it. 0 is the greeting.
  [[nodiscard]] std::optional<std::string_view>
  error_reply(std::uint64_t number, std::uint64_t request,
              std::function<bool(std::string_view code)> const& can_be);
  /// How much later the reply to this request of a connection, told from 1, shall leave; counts it.
  [[nodiscard]] duration reply_delay(std::uint64_t number, std::uint64_t request);

  [[nodiscard]] std::uint64_t injected(std::string_view fault_id) const noexcept {
    return schedule_.injected(fault_id);
  }
  [[nodiscard]] std::vector<fault::window_times> windows() const { return schedule_.windows(); }

 private:
  void on_change(fault::schedule::change const& change);
  void restart(std::size_t fault);
  /// Those that are no longer down at `now` are up again.
  void look_at_clock(instant now);
  [[nodiscard]] fault::fault_spec const& spec(std::size_t fault) const {
    return schedule_.what()[fault];
  }

  wire::event_loop* loop_;
  orders then_;
  fault::schedule schedule_;
  fault::turning turning_;
  std::map<std::size_t, instant> down_until_; ///< of each restart under way
  wire::event_loop::calling_alarm come_up_;
};

} // namespace conecta::target
