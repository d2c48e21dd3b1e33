#pragma once

// The open model: requests begin on a schedule, whatever became of those before. One that is due
// while max_in_flight are under way waits for one to end, in order, or is dropped; its latency
// counts from when it was due either way.
//
// What the n-th request of a run asks, and of whom, is drawn from n and the seed: the same in every
// run, however late. The queue is two numbers a stage; nothing grows with it.

#include "run/load.hpp"
#include "workload/arrivals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <vector>

namespace conecta::run {

class open_load final : public load, private client_owner {
 public:
  open_load(boost::asio::io_context& io, shift& common, instant origin);

  void begin_stage(std::size_t index, instant ends) override;
  void end() override;
  void drop_waiting() override;
  void expire(instant now) override;
  [[nodiscard]] bool resting() const override;
  [[nodiscard]] duration spun() const noexcept override { return spun_; }

 private:
  /// One stage's requests: those below `due` have come due, those below `begun` are begun or
  /// dropped.
  struct stage_part {
    workload::arrivals schedule;
    instant start{};
    instant last_moment{};
    std::uint64_t first = 0; ///< its number in the run
    std::uint64_t due = 0;
    std::uint64_t begun = 0;

    [[nodiscard]] instant intended(std::uint64_t n) const { return start + schedule.at(n); }
    [[nodiscard]] bool waiting() const noexcept { return begun < due; }
  };

  void finished(client& who, ending how) override;
  [[nodiscard]] bool may_hold(client const& who) const override;

  void pace();
  void wait_for(instant next, instant now);
  void come_due(stage_part& of, instant now);
  void begin_waiting();
  void begin_next(stage_part& of);
  void drop_next(stage_part& of);
  [[nodiscard]] assignment next_of(stage_part const& of) const;
  [[nodiscard]] stage_part* first_waiting();

  boost::asio::io_context& io_;
  shift& common_;
  std::vector<stage_part> parts_;                ///< one a stage
  std::size_t scheduling_ = 0;                   ///< the part from which the next comes due
  std::size_t oldest_ = 0;                       ///< nothing waits in a part before this one
  std::vector<std::unique_ptr<client>> clients_; ///< as many as were ever needed at once
  std::vector<client*> free_;
  boost::asio::steady_timer timer_;
  duration spin_;
  duration spun_{};
  instant looked_at_{}; ///< while it spins
  bool started_ = false;
  bool ended_ = false;
};

} // namespace conecta::run
