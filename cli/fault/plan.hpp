#pragma once

// Which faults are active when, and whom they hit: a pure function of the scenario's faults, the
// seed of the run and the time since its start. The same seed gives the same decisions, whatever
// else happened meanwhile: each is drawn from the fault's own stream at a point that is named by
// the connection's number, the direction and the number of the chunk or datagram.
//
// Thread safety: a value; many threads may read it.

#include "base/random.hpp"
#include "fault/fault.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace conecta::fault {

/// One chunk or datagram. `towards` is never `both`.
struct draw_point {
  std::uint64_t connection = 0; ///< in the order in which the relay saw them, from 0
  direction towards = direction::downstream;
  std::uint64_t number = 0; ///< on its connection and in its direction, from 0
};

class plan {
 public:
  plan() = default;
  /// The faults of one endpoint of a scenario.
  plan(std::vector<fault_spec> const& scenario, std::size_t endpoint, std::uint64_t run_seed);

  /// Others under the same seed.
  [[nodiscard]] plan with(std::vector<fault_spec> others) const;

  [[nodiscard]] std::vector<fault_spec> const& faults() const noexcept { return faults_; }
  [[nodiscard]] std::size_t size() const noexcept { return faults_.size(); }
  [[nodiscard]] fault_spec const& operator[](std::size_t fault) const { return faults_[fault]; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const noexcept;

  /// Which of the fault's windows is open, from 0. A window holds its start and not its end.
  [[nodiscard]] std::optional<std::size_t> window_at(std::size_t fault,
                                                     duration at) const noexcept {
    return faults_[fault].window_at(at);
  }
  [[nodiscard]] bool is_active(std::size_t fault, duration at) const noexcept {
    return window_at(fault, at).has_value();
  }
  /// The first start or end of a window later than `after`.
  [[nodiscard]] std::optional<duration> next_change(duration after) const noexcept;

  /// Whether `applies_to` covers a connection that was opened at `opened`, during this window.
  [[nodiscard]] bool covers(std::size_t fault, duration opened,
                            std::size_t window = 0) const noexcept;
  /// Whether the fault's probability hits this connection: drawn once for each in each window.
  [[nodiscard]] bool hits_connection(std::size_t fault, std::uint64_t connection,
                                     std::size_t window = 0) const noexcept;
  /// Whether it hits all that there is, for as long as this window is open.
  [[nodiscard]] bool hits_window(std::size_t fault, std::size_t window) const noexcept;
  /// Whether it hits this request of a connection; its number is told from 1.
  [[nodiscard]] bool hits_request(std::size_t fault, std::uint64_t connection,
                                  std::uint64_t request) const noexcept;
  /// Whether it hits this chunk or datagram: its direction matches and its probability says so.
  [[nodiscard]] bool hits(std::size_t fault, draw_point const& point) const noexcept;
  /// Of a fault with `burst`: what becomes of the line's state with this datagram.
  [[nodiscard]] line_state next_state(std::size_t fault, draw_point const& point,
                                      line_state before) const noexcept;
  /// Chance for what is done to a chunk or datagram that is hit.
  [[nodiscard]] random_source details(std::size_t fault, draw_point const& point) const noexcept;
  /// How much later a chunk or datagram that is hit shall arrive; never negative.
  [[nodiscard]] duration delay(std::size_t fault, draw_point const& point) const noexcept;

 private:
  std::uint64_t run_seed_ = 0;
  std::vector<fault_spec> faults_;
  std::vector<std::uint64_t> seeds_; ///< one a fault
};

} // namespace conecta::fault
