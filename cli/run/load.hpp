#pragma once

// Who makes the requests of a run, and when: by workers that wait for their replies (closed_load),
// or on a schedule that waits for nothing (open_load).
//
// Thread safety: one thread, the io_context's.

#include "run/client.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <memory>

namespace conecta::run {

class load {
 public:
  virtual ~load() = default;

  /// Stage `index` begins now.
  virtual void begin_stage(std::size_t index, instant ends) = 0;
  /// No further request comes due. What runs, and what was due and waits, still ends.
  virtual void end() = 0;
  /// What was due and has not begun never will.
  virtual void drop_waiting() = 0;
  /// Ends what is past its deadline. To be called every few milliseconds.
  virtual void expire(instant now) = 0;
  /// No request is under way, none will begin.
  [[nodiscard]] virtual bool resting() const = 0;
  /// Time spent on looking at the clock, waiting for the next request to be due.
  [[nodiscard]] virtual duration spun() const noexcept = 0;
};

/// As the scenario's model says. `origin` is the start of the run.
[[nodiscard]] std::unique_ptr<load> make_load(boost::asio::io_context& io, shift& common,
                                              instant origin);

} // namespace conecta::run
