#pragma once

// A plan on the clock: which windows are open at this moment, when they really opened and closed,
// and how often each fault struck. The relay whose loop turns it asks no clock of its own.
//
// The plan can be exchanged while it runs: see relay::change() for how that is done.
//
// Thread safety: injected() by its id, and windows(), may be called from any thread, the rest only by the
// relay's thread, or while it does not run.

#include "base/mutex.hpp"
#include "fault/plan.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::fault {

/// When a fault's first window was really opened and its last one closed.
struct window_times {
  std::string id;
  std::optional<instant> opened;
  std::optional<instant> closed; ///< none while one is open
};

class schedule {
 public:
  struct change {
    std::size_t fault = 0;
    enum class kind : std::uint8_t { opened, closed } what = kind::opened;
    bool operator==(change const&) const = default;
  };

  explicit schedule(plan what);

  [[nodiscard]] plan const& what() const noexcept { return plan_; }
  /// The run starts at `origin`; before this call no window opens.
  void begin(instant origin);
  /// Opens and closes what is due; closed windows come first.
  [[nodiscard]] std::vector<change> advance(instant now);
  /// What advance() said has been done: now the windows are really open, or closed.
  void record(std::vector<change> const& done, instant now);
  /// Closes what is open; no window opens after it.
  void end(instant now);
  [[nodiscard]] instant next_change(instant now) const noexcept;

  /// The faults whose windows are open.
  [[nodiscard]] std::vector<std::size_t> const& active() const noexcept { return active_; }
  /// Whether an open window is about a connection that was opened at `opened`.
  [[nodiscard]] bool covers(std::size_t fault, instant opened) const noexcept;
  /// Whether an open window hits the connection with this number, or all there is.
  [[nodiscard]] bool hits_connection(std::size_t fault, std::uint64_t connection) const noexcept;
  [[nodiscard]] bool hits_window(std::size_t fault) const noexcept;
  void count(std::size_t fault) noexcept;

  /// Faults are added behind those that are there; none of them is open yet.
  void extend(std::vector<fault_spec> added);
  /// Only these stay, in this order. REQUIRES: no window of another is open.
  void keep(std::vector<std::size_t> const& which);
  /// Closes this fault's window, if it is open.
  [[nodiscard]] std::vector<change> close(std::size_t fault);
  [[nodiscard]] duration since_begin(instant now) const noexcept;

  [[nodiscard]] std::uint64_t injected(std::size_t fault) const noexcept;
  /// 0 for an unknown id.
  [[nodiscard]] std::uint64_t injected(std::string_view id) const;
  [[nodiscard]] std::vector<window_times> windows() const;

 private:
  plan plan_;
  std::optional<instant> origin_;
  std::vector<std::size_t> active_;
  std::vector<std::size_t> window_; ///< of each fault that is active: which

  /// Exchanged by the relay's thread alone, under the mutex.
  std::unique_ptr<std::atomic<std::uint64_t>[]> injected_;

  mutable mutex times_mutex_;
  std::vector<window_times> times_ CONECTA_GUARDED_BY(times_mutex_);
};

} // namespace conecta::fault
