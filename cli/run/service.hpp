#pragma once

// One endpoint of a run with everything that belongs to it: what its pool connects to, if that is
// not somebody else's, the faults that are done here, its pool, and what its sockets counted.
//
// Thread safety: one thread, the io_context's.

#include "net/endpoint.hpp"
#include "run/far_side.hpp"
#include "run/local_faults.hpp"
#include "run/recorder.hpp"
#include "run/result.hpp"
#include "run/witness.hpp"
#include "scenario/model.hpp"
#include "sim/recording.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conecta::run {

class service {
 public:
  using latency_sink = std::function<void(duration)>;

  /// `far` is null where the endpoint has none. `means` outlive it.
  service(boost::asio::io_context& io, scenario::scenario const& what, std::size_t index,
          local_means& means, std::unique_ptr<far_side> far);
  service(service const&) = delete;
  service& operator=(service const&) = delete;
  ~service();

  /// Builds the pool; its min_idle begins to open. `opened` and `checked` are told how long each
  /// took. `watcher` and `writer`, where there are any, outlive the io_context.
  void begin(instant origin, latency_sink opened, latency_sink checked, witness* watcher,
             sim::recording* writer);
  [[nodiscard]] witness* watcher() const noexcept { return watcher_; }

  [[nodiscard]] asio_pool<net::connection>& pool() noexcept { return *pool_; }
  /// What is idle and can be lent at once; otherwise invalid, and to be waited for.
  [[nodiscard]] lease<net::connection> take_idle();
  /// The pool's own, but for what take_idle() asked in vain: nobody was turned away.
  [[nodiscard]] pool_stats stats() const;

  /// Closes the pool. Then, once closed_all(), finish() stops the far side.
  void close() noexcept;
  [[nodiscard]] bool closed_all() const;
  void finish();

  [[nodiscard]] wire_counts wire() const noexcept;
  [[nodiscard]] std::uint64_t injected(std::string_view fault) const;
  /// Those that could not be done.
  [[nodiscard]] std::vector<failed_fault> const& failed_faults() const noexcept {
    return local_.failures();
  }
  [[nodiscard]] std::string const& url() const noexcept { return shown_url_; }

  /// What became of those who came to the relay; exact after finish().
  [[nodiscard]] relay_tally relayed() const { return far_ ? far_->relayed() : relay_tally{}; }

 private:
  void forget(net::connection const& over);

  boost::asio::io_context& io_;
  scenario::endpoint_spec const& spec_;
  std::unique_ptr<far_side> far_;
  local_faults local_;
  net::endpoint_url session_with_; ///< the server's
  net::endpoint_url connect_to_;   ///< the same, but for the place where its relay is
  std::string server_name_;        ///< of TLS through a relay; "" is that of connect_to_
  std::string shown_url_;
  net::wire_counters counters_;
  net::udp_drain drain_;
  witness* watcher_ = nullptr;
  latency_sink opened_;
  latency_sink checked_;
  net::udp_drain::farewell closing_;
  std::unique_ptr<asio_pool<net::connection>> pool_;
  std::uint64_t asked_in_vain_ = 0;
};

} // namespace conecta::run
