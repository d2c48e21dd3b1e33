#pragma once

// A schedule that a loop turns: at each moment at which a window opens or closes, who does the
// faults is told so.
//
// Thread safety: begin() may be called from any thread; end() when no thread runs the loop.

#include "fault/schedule.hpp"
#include "wire/event_loop.hpp"

#include <functional>

namespace conecta::fault {

class turning {
 public:
  /// `what` and `loop` outlive it. `then` is called by the loop.
  turning(schedule& what, wire::event_loop& loop, std::function<void(schedule::change const&)> then)
      : what_{&what}, loop_{&loop}, then_{std::move(then)}, next_change_{[this] { turn(); }} {}
  ~turning() { loop_->disarm(next_change_); }
  turning(turning const&) = delete;
  turning& operator=(turning const&) = delete;

  /// The run starts at `origin`, from which the windows count. To be called once.
  void begin(instant origin);
  /// Windows that the run's end cut short are noted; nobody is told.
  void end();

  /// Opens and closes what is due: by itself, and at once when the plan was exchanged. The loop's.
  void turn();

 private:
  schedule* what_;
  wire::event_loop* loop_;
  std::function<void(schedule::change const&)> then_;
  wire::event_loop::calling_alarm next_change_;
};

} // namespace conecta::fault
