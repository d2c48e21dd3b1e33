#pragma once

// Makes one request at a time: it leases, sends, reads the framed reply, gives back, and tells
// whoever makes the load that it is free again. Nothing is allocated for a request that succeeds.
//
// Deadlines of exchanges are swept (expire), so that no timer is armed a request.
// Thread safety: one thread, the io_context's.

#include "net/exchange.hpp"
#include "run/nonces.hpp"
#include "run/recorder.hpp"
#include "run/service.hpp"
#include "scenario/model.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conecta::run {

[[nodiscard]] inline instant current() { return std::chrono::steady_clock::now(); }

/// What all clients of a run share.
struct shift {
  scenario::scenario const& what;
  std::vector<std::unique_ptr<service>>& services;
  recorder& records;
  std::vector<double> weights_up_to = {};              ///< of endpoints, cumulative
  std::vector<std::vector<std::size_t>> asks = {};     ///< for each endpoint, its requests
  std::vector<net::reply_framing> datagram_reply = {}; ///< for each request
  std::vector<bool> with_nonce = {};                   ///< for each request
  std::optional<run::nonces> nonces = {};              ///< where the pools are judged
  std::uint64_t next_sequence = 0;
  instant cut_off = never; ///< of an interrupted run: what runs then is ended
};

/// What one request is to be.
struct assignment {
  std::size_t stage = 0;
  std::size_t endpoint = 0;
  std::size_t request = 0;
  std::optional<instant> intended; ///< its start on a schedule; none: when it begins
  instant last_moment{};           ///< when it is ended whatever it does
};

/// Draws the endpoint by its weight, then a request among those that go there.
template <class Random>
void draw(assignment& made, shift const& common, Random& random) {
  auto const drawn = random.next_unit() * common.weights_up_to.back();
  made.endpoint = 0;
  while (made.endpoint + 1 < common.weights_up_to.size() &&
         drawn >= common.weights_up_to[made.endpoint]) {
    ++made.endpoint;
  }
  auto const& asks = common.asks[made.endpoint];
  made.request = asks[asks.size() == 1 ? 0 : random.next() % asks.size()];
}

class client;

class client_owner {
 public:
  enum class ending : std::uint8_t { exchanged, not_leased };

  /// The request is recorded, and `who` can be given another at once.
  virtual void finished(client& who, ending how) = 0;
  /// False where nobody shall hold a connection any more just to hold it.
  [[nodiscard]] virtual bool may_hold(client const& who) const = 0;

 protected:
  ~client_owner() = default;
};

class client final : private net::exchange_listener {
 public:
  client(boost::asio::io_context& io, shift& common, client_owner& owner);

  /// REQUIRES: idle().
  void start(assignment const& what);
  [[nodiscard]] bool idle() const noexcept { return doing_ == doing::nothing; }

  /// Ends the exchange that is past its deadline.
  void expire(instant now);
  /// Cuts short what is no request any more: the run ends.
  void hurry();

 private:
  enum class doing : std::uint8_t { nothing, waiting_for_lease, exchanging, holding };

  void leased(error_code problem, lease<net::connection> lent);
  void not_leased(error const& why);
  void record_failed_acquire(phase where, net::error_kind kind, std::string_view detail);
  void exchanged(net::outcome const& how) override;
  void record(instant ended, std::optional<request_record::failure> failed);
  void tell_whose_reply();
  void hold(duration time);
  void give_back();

  shift& common_;
  client_owner& owner_;
  boost::asio::steady_timer timer_;
  net::exchange exchange_;
  lease<net::connection> lease_;
  std::string payload_;
  request_record request_;
  std::size_t chosen_ = 0; ///< the request
  std::uint64_t sequence_ = 0;
  instant asked_at_{}; ///< for a lease: the start, where the intended one is not kept
  instant acquire_deadline_{};
  instant leased_at_{};
  instant deadline_{};
  instant last_moment_{};
  doing doing_ = doing::nothing;
};

} // namespace conecta::run
