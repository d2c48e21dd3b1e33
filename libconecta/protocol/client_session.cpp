#include "protocol/client_session.hpp"

#include "base/module.hpp"
#include "net/error_kind.hpp"
#include "protocol/mongodb.hpp"
#include "protocol/mysql.hpp"
#include "protocol/postgres.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

namespace conecta::protocol {

namespace {

namespace asio = boost::asio;
using net::error_kind;

std::uint64_t number_in(std::string const& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

using net::client_answer;
using net::client_session;

verdict judge_error(client_answer const& answer, net::protocol speaks) {
  switch (speaks) {
  case net::protocol::mongodb:
    return judge_mongodb_error(number_in(answer.code), answer.text);
  case net::protocol::mysql:
    return judge_mysql_error(number_in(answer.code), answer.text);
  default:
    return judge_sqlstate(answer.code, answer.text);
  }
}

mongodb_standing standing_in(std::string_view word) {
  using enum mongodb_standing;
  return word == "primary"     ? primary
         : word == "secondary" ? secondary
         : word == "arbiter"   ? arbiter
                               : none;
}

std::variant<verdict, silence> meaning_of(client_answer const& answer, net::endpoint_url const& to,
                                          level asks) {
  switch (answer.what) {
  case client_answer::kind::ready:
    return to.speaks == net::protocol::mongodb && asks == level::query
               ? judge_mongodb_standing(standing_in(answer.text), mongodb_role_in(to))
               : ready();
  case client_answer::kind::refused:
    return judge_error(answer, to.speaks);
  case client_answer::kind::foreign:
    return verdict{standing::foreign, "protocol", answer.text};
  case client_answer::kind::lost:
    break;
  }
  auto const why = answer.system != 0
                       ? net::classify({answer.system, boost::system::system_category()})
                       : error_kind::closed;
  return silence{why, answer.text, 0};
}

/// Until the library's own socket is ready. It is watched for this wait only: the library may open
/// another one before the next.
asio::awaitable<boost::system::error_code> until_ready(int socket, net::readiness what) {
  auto const executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor watched{executor};
  boost::system::error_code problem;
  watched.assign(socket, problem);
  if (!problem) {
    auto const event = what == net::readiness::readable
                           ? asio::posix::stream_descriptor::wait_read
                           : asio::posix::stream_descriptor::wait_write;
    auto waiting = watched.async_wait(event, asio::as_tuple(asio::use_awaitable));
    auto const answer = co_await std::move(waiting);
    problem = std::get<0>(answer);
    watched.release();
  }
  co_return problem;
}

/// But for the address.
client_wishes wishes_of(net::endpoint_url const& to, level asks, instant deadline,
                        net::tls_options const* tls) {
  client_wishes made;
  made.deadline = deadline;
  made.speaks = to.speaks;
  made.host = to.host;
  made.port = to.port;
  made.user = to.user;
  made.password = to.password;
  made.database = to.path;
  made.asks = asks;
  if (auto const query = to.query_value("query")) {
    made.query = *query;
  }
  made.sslmode = to.query_value("sslmode").value_or("");
  if (tls != nullptr) {
    made.tls = *tls;
    made.host = tls->server_name.empty() ? made.host : tls->server_name;
  }
  return made;
}

char const* module_of(net::protocol speaks) {
  switch (speaks) {
  case net::protocol::mongodb:
    return "mongodb";
  case net::protocol::mysql:
    return "mysql";
  default:
    return "postgres";
  }
}

std::unique_ptr<client_session> open_client(client_wishes const& with, std::string& reason) {
  auto const found = find_in_module(module_of(with.speaks), open_client_entry);
  if (auto const* const none = std::get_if<no_module>(&found)) {
    reason = none->reason;
    return nullptr;
  }
  auto* const open = reinterpret_cast<open_client_function*>(std::get<void*>(found));
  return std::unique_ptr<client_session>{open(with)};
}

/// Leads it until it is ready, or will not be.
asio::awaitable<void> conduct(client_attempt& through, net::endpoint_url const& to, level asks,
                              instant deadline) {
  auto& session = *through.session;
  for (;;) {
    std::optional<client_answer> const answer = session.go_on();
    if (!through.reached_at && session.reached()) {
      through.reached_at = std::chrono::steady_clock::now();
    }
    if (answer) {
      through.how = meaning_of(*answer, to, asks);
      break;
    }
    auto waiting = until_ready(session.socket(), session.wanted());
    boost::system::error_code const stopped = co_await std::move(waiting);
    if (stopped) {
      bool const late = std::chrono::steady_clock::now() >= deadline;
      through.how = silence{late ? error_kind::timeout : error_kind::cancelled,
                            late ? "no complete answer in time" : "the caller gave up", 0};
      break;
    }
  }
}

} // namespace

bool has_client_library(net::protocol speaks) noexcept {
  return speaks == net::protocol::mongodb || speaks == net::protocol::mysql ||
         speaks == net::protocol::postgres;
}

asio::awaitable<client_attempt> attempt_by_client(asio::any_io_executor executor,
                                                  net::endpoint_url to, level asks,
                                                  instant deadline, net::dial_options how) {
  net::establishment unseen;
  auto& seen = how.notes != nullptr ? *how.notes : unseen;
  auto const began = std::chrono::steady_clock::now();
  auto looking = net::addresses_of(executor, to, deadline, how);
  std::vector<asio::ip::tcp::endpoint> const addresses = co_await std::move(looking);
  auto const resolved = std::chrono::steady_clock::now();
  seen.resolving = resolved - began;
  client_attempt made;
  auto wishes = wishes_of(to, asks, deadline, how.tls);
  for (auto const& each : addresses) {
    wishes.address = each.address().to_string();
    seen.address = net::text_of(each);
    made.session = open_client(wishes, made.missing);
    if (made.session == nullptr) {
      break;
    }
    auto talking = conduct(made, to, asks, deadline);
    co_await std::move(talking);
    auto const now = std::chrono::steady_clock::now();
    seen.connecting = made.reached_at.value_or(now) - resolved;
    auto const* const nothing = std::get_if<silence>(&made.how);
    bool const called_off = nothing != nullptr && nothing->why == error_kind::cancelled;
    if (made.reached_at || called_off || now >= deadline) {
      break;
    }
  }
  co_return made;
}

} // namespace conecta::protocol
