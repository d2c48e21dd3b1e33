#pragma once

// A relay stands in front of one live endpoint and does to its clients what the plan says. It
// listens on loopback on a free port, unless told otherwise, and runs in a thread of its own. While
// no window is open it passes on bytes, ends and resets as it gets them.
//
// What it cannot pass on: it accepts before it knows whether the endpoint does, so that a refusal
// there shows as a reset just after the connection was made; and a UDP port that is closed there
// shows as silence, since only the kernel may say that a port is closed. Both are counted.
//
// Thread safety: every public method may be called from any thread.

#include "fault/turning.hpp"
#include "wire/address.hpp"
#include "wire/loop_thread.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace conecta::fault {

struct relay_options {
  wire::address upstream;
  plan faults;
  wire::address listen = wire::address::loopback(); ///< port 0: a free one
  std::size_t most_clients = 16384;                 ///< UDP: so many are told apart at once
};

/// What has passed: bytes when they are sent on.
struct traffic {
  std::uint64_t clients = 0;     ///< connections, or UDP clients
  std::uint64_t open = 0;        ///< of these now
  std::uint64_t reached = 0;     ///< of all: whose connection the endpoint took
  std::uint64_t unreachable = 0; ///< that the endpoint did not take
  int first_obstacle = 0;        ///< to the first of these: an errno
  std::uint64_t upstream_bytes = 0;
  std::uint64_t downstream_bytes = 0;

  void count_passed(direction towards, std::size_t bytes) noexcept {
    (towards == direction::downstream ? downstream_bytes : upstream_bytes) += bytes;
  }
  void count_unreachable(int obstacle) noexcept {
    ++unreachable;
    first_obstacle = first_obstacle == 0 ? obstacle : first_obstacle;
  }
};

/// A fault of the set as it is now.
struct standing_fault {
  fault_spec spec;
  bool active = false;
  std::uint64_t injected = 0;
};

class relay {
 public:
  virtual ~relay() = default;
  relay(relay const&) = delete;
  relay& operator=(relay const&) = delete;

  /// Where clients connect to.
  [[nodiscard]] virtual wire::address address() const = 0;

  /// The run starts at `origin`, from which the windows count. To be called once.
  void begin(instant origin) { turning_.begin(origin); }
  /// Changes the set of faults in one step, between two chunks: `edit` gets those that stand and
  /// leaves those that shall; it runs on the relay's thread. A fault whose `start` is all that
  /// differs from the one that stood under its id goes on as if nothing had happened; another one
  /// starts anew, its `start` counting from now. What is new is there before what goes is gone.
  /// REQUIRES: begin() was called; no id twice.
  void change(std::function<void(std::vector<fault_spec>&)> const& edit);
  [[nodiscard]] std::vector<standing_fault> standing();
  [[nodiscard]] traffic counts();

  /// Takes in what has arrived, closes everything and joins. Counts and times stay.
  virtual void stop();

  /// UDP: this client's socket is closed, nothing comes from it any more. TCP needs no telling.
  virtual void forget(wire::address const&) {}

  /// Clients that were not served, for want of a descriptor or because they were too many.
  [[nodiscard]] std::uint64_t turned_away() const noexcept {
    return turned_away_.load(std::memory_order_relaxed);
  }

  /// How often the fault struck: what the table of docs/faults.md says that it is drawn for. Where
  /// the kernel itself refuses connections or lets them wait, without telling: the windows in which
  /// it did. 0 for an unknown id.
  [[nodiscard]] std::uint64_t injected(std::string_view fault_id) const {
    return schedule_.injected(fault_id);
  }
  [[nodiscard]] std::vector<window_times> windows() const { return schedule_.windows(); }

 protected:
  explicit relay(plan faults);

  /// On the relay's thread, at the moment at which a window opened or closed.
  virtual void on_change(schedule::change const& change) = 0;
  /// The fault leaves the set, its window is closed: what it delays goes on its way.
  virtual void on_removed(std::size_t fault) = 0;
  /// What was the fault `before[i]` is now the fault `i`; others are gone.
  virtual void on_renumbered(std::span<std::size_t const> before) = 0;

  [[nodiscard]] wire::event_loop& loop() noexcept { return thread_.loop(); }
  /// To be called when the derived class is complete; its destructor calls stop().
  void run(char const* thread_name) { thread_.start(thread_name); }

  void turn_away() noexcept { turned_away_.fetch_add(1, std::memory_order_relaxed); }

  schedule schedule_;
  traffic traffic_;

 private:
  void exchange(std::vector<fault_spec> wanted);

  std::atomic<std::uint64_t> turned_away_{0};
  wire::loop_thread thread_;
  turning turning_;
};

/// Both throw std::system_error where no socket can be had.
[[nodiscard]] std::unique_ptr<relay> start_tcp_relay(relay_options options);
[[nodiscard]] std::unique_ptr<relay> start_udp_relay(relay_options options);

} // namespace conecta::fault
