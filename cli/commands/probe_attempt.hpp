#pragma once

// One attempt to find out how one target is: a connection, what its protocol begins with or the
// exchange that its URL asks for, and what all that means. May be made again and again. The
// connection to what is ready can be kept.
//
// Thread safety: one thread, the context's. Lifetime: the target outlives it, and it is idle when
// it is destroyed.

#include "commands/probing.hpp"
#include "net/connection.hpp"
#include "net/dialogue.hpp"
#include "net/establish.hpp"
#include "protocol/conduct.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace conecta::command {

class prober {
 public:
  enum class keeping : std::uint8_t { nothing, connection };

  prober(boost::asio::io_context& context, probe_target const& target,
         keeping keeps = keeping::nothing);

  /// Until `deadline` at the latest. `ended` is called once, from the context.
  void attempt(instant deadline, std::function<void()> ended);
  /// The same, but it only asks for the addresses of the target's host.
  void look_up(instant deadline, std::function<void()> ended);
  [[nodiscard]] std::vector<boost::asio::ip::address> const& addresses() const noexcept {
    return addresses_;
  }
  /// Ends the attempt that runs, as one that came to nothing; it still calls `ended`.
  void stop();

  /// Whether there is a connection that was kept, and that the server has not ended.
  [[nodiscard]] bool holds() const;
  /// Ends it, politely.
  void let_go();

  /// Of the attempt that ended last, but for the total.
  [[nodiscard]] probe_finding const& finding() const noexcept { return finding_; }

 private:
  using step = boost::asio::awaitable<void>(prober& self);
  void begin(instant deadline, std::function<void()> ended, step* first);
  static boost::asio::awaitable<void> run(prober& self, step* first);
  static step examine;
  static step find_addresses;
  static boost::asio::awaitable<void> ask_by_client(prober& self);
  static boost::asio::awaitable<void> talk(prober& self, net::endpoint_url const& to,
                                           net::connection& link);
  static boost::asio::awaitable<void> talk_over_tcp(prober& self);
  static boost::asio::awaitable<void> ask(prober& self, net::connection& link);
  static boost::asio::awaitable<void> linger(prober& self, net::connection& link);

  [[nodiscard]] net::dial_options dialing();
  void keep_if_wanted(net::connection& link);
  void heard(std::variant<protocol::verdict, protocol::silence> const& how);
  void failed(net::error_kind why, std::string detail);
  void failed(net::tls_problem why);
  [[nodiscard]] readiness meant_by(net::error_kind why) const;
  void concluded();

  enum class reached : std::uint8_t { nobody, connection };

  boost::asio::io_context& context_;
  probe_target const& target_;
  keeping keeps_;
  boost::asio::steady_timer timer_;
  boost::asio::cancellation_signal stop_;
  net::wire_counters counters_;
  net::dialogue dialogue_;
  net::establishment notes_;
  reached reached_ = reached::nobody;
  std::size_t received_ = 0;
  std::function<void()> ended_;
  instant connected_at_{};
  instant deadline_ = never;
  probe_finding finding_;
  std::vector<boost::asio::ip::address> addresses_;
  std::unique_ptr<protocol::conversation> talk_; ///< of the connection that is kept
  std::optional<net::connection> kept_;
};

} // namespace conecta::command
