#include "protocol/session.hpp"

#include "net/session_error.hpp"
#include "protocol/client_session.hpp"
#include "protocol/conduct.hpp"
#include "protocol/http.hpp"
#include "protocol/introduction.hpp"
#include "protocol/redis.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace conecta::protocol {

namespace {

namespace asio = boost::asio;
using net::session_error;

session_error error_of(verdict const& found) {
  constexpr std::array said{
      std::pair{std::string_view{"loading"}, session_error::loading},
      std::pair{std::string_view{"starting"}, session_error::starting},
      std::pair{std::string_view{"stopping"}, session_error::stopping},
      std::pair{std::string_view{"no_database"}, session_error::no_database},
      std::pair{std::string_view{"blocked"}, session_error::blocked},
      std::pair{std::string_view{"busy"}, session_error::busy},
      std::pair{std::string_view{"master_down"}, session_error::primary_down},
      std::pair{std::string_view{"cluster_down"}, session_error::cluster_down},
      std::pair{std::string_view{"misconfigured"}, session_error::misconfigured},
      std::pair{std::string_view{"saturated"}, session_error::saturated}};
  switch (found.is) {
  case standing::ready:
    return session_error::none;
  case standing::denied:
    return session_error::denied;
  case standing::foreign:
    return session_error::other_protocol;
  case standing::unready:
    break;
  }
  for (auto const& [reason, error] : said) {
    if (found.reason == reason) {
      return error;
    }
  }
  return session_error::not_ready;
}

boost::system::error_code error_of(silence const& instead) {
  switch (instead.why) {
  case net::error_kind::timeout:
    return asio::error::timed_out;
  case net::error_kind::cancelled:
    return asio::error::operation_aborted;
  case net::error_kind::reset:
    return asio::error::connection_reset;
  case net::error_kind::refused:
    return asio::error::connection_refused;
  case net::error_kind::unreachable:
    return asio::error::host_unreachable;
  case net::error_kind::fd_limit:
    return asio::error::no_descriptors;
  default:
    return asio::error::eof;
  }
}

boost::system::error_code error_of(std::variant<verdict, silence> const& how) {
  auto const* const nothing = std::get_if<silence>(&how);
  return nothing != nullptr ? error_of(*nothing)
                            : net::make_error_code(error_of(std::get<verdict>(how)));
}

asio::awaitable<net::connection> open_by_client(asio::any_io_executor executor,
                                                net::endpoint_url to, net::wire_counters& counters,
                                                instant deadline, net::dial_options how) {
  auto attempting = attempt_by_client(executor, std::move(to), level::auth, deadline, how);
  client_attempt made = co_await std::move(attempting);
  boost::system::error_code const problem =
      made.session == nullptr ? make_error_code(session_error::built_without) : error_of(made.how);
  if (problem) {
    throw boost::system::system_error{problem, "session"};
  }
  net::connection opened{executor, std::move(made.session), counters};
  ++counters.connections_established;
  co_return opened;
}

} // namespace

net::opener opener_of(net::endpoint_url const& to) {
  return has_client_library(to.speaks) ? net::opener{open_by_client} : net::opener{net::establish};
}

asio::awaitable<void> begin_session(net::connection& over, net::endpoint_url const& with,
                                    instant deadline) {
  if (with.speaks != net::protocol::redis) {
    co_return;
  }
  questions const what{.asks = level::auth};
  std::unique_ptr<conversation> const first_words = introduce(with, what).value();
  auto talking = conduct(over, *first_words, deadline);
  std::variant<verdict, silence> const how = co_await std::move(talking);
  if (auto const problem = error_of(how)) {
    throw boost::system::system_error{problem, "session"};
  }
}

std::optional<net::check_exchange> usual_check(net::endpoint_url const& of) {
  net::check_exchange made;
  if (of.speaks == net::protocol::redis) {
    made.send = resp_command({"PING"});
    made.reply = net::resp_reply{};
    made.expect.prefix = "+PONG\r\n";
    return made;
  }
  if (of.speaks == net::protocol::http) {
    made.send = http_head("HEAD", "/" + of.path, of) + "\r\n";
    made.reply = net::http_response{net::http_scanner::asked::head};
    return made;
  }
  if (has_client_library(of.speaks)) {
    made.reply = net::client_value{};
    return made;
  }
  return std::nullopt;
}

} // namespace conecta::protocol
