#pragma once

// One endpoint of a run with everything that belongs to it: the embedded server if it has one, the
// relay in front of it if it has faults, its pool, and what was counted at its sockets.
//
// Thread safety: one thread, the io_context's.

#include "fault/relay.hpp"
#include "net/endpoint.hpp"
#include "run/local_faults.hpp"
#include "run/recorder.hpp"
#include "run/result.hpp"
#include "run/witness.hpp"
#include "scenario/model.hpp"
#include "sim/recording.hpp"
#include "target/server.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conecta::run {

class service {
 public:
  using latency_sink = std::function<void(duration)>;

  /// Starts the server and the relay. Throws std::system_error where no socket can be had, and
  /// unknown_host for a name that a relay cannot resolve. `means` outlive it.
  service(boost::asio::io_context& io, scenario::scenario const& what, std::size_t index,
          local_means& means);
  service(service const&) = delete;
  service& operator=(service const&) = delete;
  ~service();

  /// Builds the pool; its min_idle begins to open. `opened` and `checked` are told how long each
  /// took. `watcher` and `writer`, where there are any, outlive the io_context.
  void begin(instant origin, latency_sink opened, latency_sink checked, witness* watcher,
             sim::recording* writer);
  [[nodiscard]] witness* watcher() const noexcept { return watcher_; }

  [[nodiscard]] asio_pool<net::connection>& pool() noexcept { return *pool_; }
  [[nodiscard]] pool_stats stats() const { return pool_ ? pool_->stats() : pool_stats{}; }

  /// Closes the pool. Then, once closed_all(), finish() stops relay and server.
  void close() noexcept;
  [[nodiscard]] bool closed_all() const;
  void finish();

  [[nodiscard]] wire_counts wire() const noexcept;
  [[nodiscard]] std::uint64_t injected(std::string_view fault) const;
  /// Why a fault could not be done.
  [[nodiscard]] std::vector<std::string> const& failed_faults() const noexcept {
    return local_.failures();
  }
  [[nodiscard]] std::string const& url() const noexcept { return shown_url_; }

  /// Requests or connections that the relay had no room for.
  [[nodiscard]] std::uint64_t turned_away() const noexcept {
    return relay_ ? relay_->turned_away() : 0;
  }

 private:
  void forget(net::connection const& over);

  boost::asio::io_context& io_;
  scenario::endpoint_spec const& spec_;
  std::unique_ptr<target::server> server_;
  std::unique_ptr<fault::relay> relay_;
  local_faults local_;
  net::endpoint_url connect_to_;
  std::string shown_url_;
  net::wire_counters counters_;
  net::udp_drain drain_;
  witness* watcher_ = nullptr;
  latency_sink opened_;
  latency_sink checked_;
  net::udp_drain::farewell closing_;
  std::unique_ptr<asio_pool<net::connection>> pool_;
};

} // namespace conecta::run
