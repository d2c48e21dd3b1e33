#pragma once

// A TCP or UDP service as the endpoint of an asio_pool: how to open, check and close a connection.
//
//   open   resolves and connects, and introduces itself where the protocol has it so; on UDP it
//   makes
//          a socket, which says nothing of the peer
//   check  looks at the socket without sending: a peer that closed, or bytes that nobody asked for,
//          fail it. With `asks`, it then sends, reads the framed reply and matches it
//   look   the same look, before each lease but the first: what died while it was idle is replaced
//   close  closes; a UDP socket with an answer outstanding drains first (udp_drain)

#include "net/dial_rules.hpp"
#include "net/dialogue.hpp"
#include "net/establish.hpp"
#include "net/udp_drain.hpp"

#include <conecta/asio_pool.hpp>

#include <functional>
#include <optional>
#include <string>

namespace conecta::net {

/// The exchange that shows that the peer is alive.
struct check_exchange {
  std::string send;
  reply_framing reply;
  expectation expect;
};

/// How a connection is made, where it is not by net::establish.
using opener = std::function<boost::asio::awaitable<connection>(
    boost::asio::any_io_executor executor, endpoint_url to, wire_counters& counters,
    instant deadline, dial_options how)>;

struct endpoint_options {
  endpoint_url address;
  std::optional<check_exchange> asks; ///< none: look only
  dial_rules* rules = nullptr;        ///< none: as the system has it
  tls_options tls = {};               ///< of an address that is secure
  /// What is said on a new connection before it can be lent; throws boost::system::system_error.
  /// None: nothing.
  std::function<boost::asio::awaitable<void>(connection&, instant deadline)> introduces = {};
  opener opens = establish;
};

/// `counters`, `drain` and the rules outlive the endpoint; everything runs on the thread of
/// `executor`.
[[nodiscard]] asio_endpoint<connection> make_endpoint(boost::asio::any_io_executor executor,
                                                      endpoint_options options,
                                                      wire_counters& counters, udp_drain& drain);

/// One dialogue as a coroutine. A cancelled one is abandoned: as timed out at `deadline` or later.
[[nodiscard]] boost::asio::awaitable<outcome> converse(connection& over, dialogue& with,
                                                       dialogue::script what, instant deadline);

} // namespace conecta::net
