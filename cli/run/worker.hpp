#pragma once

// One closed-loop worker: it leases, sends, reads the framed reply, gives back, and begins again,
// for as long as the stage has work for it. Nothing is allocated for a request that succeeds.
//
// Deadlines of exchanges are swept by the runner (expire), so that no timer is armed a request.
// Thread safety: one thread, the io_context's.

#include "base/random.hpp"
#include "net/exchange.hpp"
#include "run/recorder.hpp"
#include "run/service.hpp"
#include "scenario/model.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace conecta::run {

/// What all workers of a run share. The runner moves `stage` on; the rest stays.
struct shift {
  scenario::scenario const& what;
  std::vector<std::unique_ptr<service>>& services;
  recorder& records;
  std::vector<double> weights_up_to;              ///< of endpoints, cumulative
  std::vector<std::vector<std::size_t>> asks;     ///< for each endpoint, its requests
  std::vector<net::reply_framing> datagram_reply; ///< for each request
  std::uint64_t next_sequence = 0;
  std::size_t stage = 0;
  std::size_t wanted = 0;  ///< workers with a lower number run, the others rest
  instant stage_ends{};    ///< what runs then has one more request_timeout
  instant cut_off = never; ///< of an interrupted run: what runs then is ended
};

class worker final : private net::exchange_listener {
 public:
  worker(boost::asio::io_context& io, shift& common, std::size_t number);

  /// Begins if the stage wants this worker and it rests.
  void wake();
  /// Ends the exchange that is past its deadline.
  void expire(instant now);
  /// Cuts a pause short: the run ends.
  void hurry();
  [[nodiscard]] bool resting() const noexcept { return doing_ == doing::nothing; }

 private:
  enum class doing : std::uint8_t { nothing, waiting_for_lease, exchanging, pausing };

  void begin();
  void leased(error_code problem, lease<net::connection> lent);
  void not_leased(error const& why);
  void record_failed_acquire(phase where, net::error_kind kind, std::string_view detail);
  void exchanged(net::outcome const& how) override;
  void record(std::optional<request_record::failure> failed);
  void pause(duration time, void (worker::*then)());
  void give_back_and_think();

  shift& common_;
  std::size_t number_;
  random_source random_;
  boost::asio::steady_timer timer_;
  net::exchange exchange_{*this};
  lease<net::connection> lease_;
  std::string payload_;
  request_record request_;
  std::size_t chosen_ = 0; ///< the request
  instant leased_at_{};
  instant deadline_{};
  instant last_moment_{}; ///< of the stage in which the request began
  doing doing_ = doing::nothing;
};

} // namespace conecta::run
