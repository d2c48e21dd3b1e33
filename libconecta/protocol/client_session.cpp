#include "protocol/client_session.hpp"

#include "base/module.hpp"
#include "net/error_kind.hpp"
#include "protocol/mysql.hpp"
#include "protocol/postgres.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <chrono>
#include <utility>

namespace conecta::protocol {

namespace {

namespace asio = boost::asio;
using net::error_kind;

std::uint64_t number_in(std::string const& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::variant<verdict, silence> meaning_of(client_answer const& answer, net::protocol speaks) {
  switch (answer.what) {
  case client_answer::kind::ready:
    return ready();
  case client_answer::kind::refused:
    return speaks == net::protocol::mysql ? judge_mysql_error(number_in(answer.code), answer.text)
                                          : judge_sqlstate(answer.code, answer.text);
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

} // namespace

client_wishes wishes_of(net::endpoint_url const& to) {
  client_wishes made;
  made.speaks = to.speaks;
  made.host = to.host;
  made.port = to.port;
  made.user = to.user;
  made.password = to.password;
  made.database = to.path;
  if (auto const query = to.query_value("query")) {
    made.query = *query;
  }
  made.sslmode = to.query_value("sslmode").value_or("");
  return made;
}

std::unique_ptr<client_session> open_client(client_wishes const& with, std::string& reason) {
  auto const found =
      find_in_module(with.speaks == net::protocol::mysql ? "mysql" : "postgres", open_client_entry);
  if (auto const* const none = std::get_if<no_module>(&found)) {
    reason = none->reason;
    return nullptr;
  }
  auto* const open = reinterpret_cast<open_client_function*>(std::get<void*>(found));
  return std::unique_ptr<client_session>{open(with)};
}

asio::awaitable<std::variant<verdict, silence>> conduct(client_session& through,
                                                        net::protocol speaks, instant deadline,
                                                        std::optional<instant>& reached_at) {
  std::variant<verdict, silence> result;
  for (;;) {
    std::optional<client_answer> const answer = through.go_on();
    if (!reached_at && through.reached()) {
      reached_at = std::chrono::steady_clock::now();
    }
    if (answer) {
      result = meaning_of(*answer, speaks);
      break;
    }
    auto waiting = until_ready(through.socket(), through.wanted());
    boost::system::error_code const stopped = co_await std::move(waiting);
    if (stopped) {
      bool const late = std::chrono::steady_clock::now() >= deadline;
      result = silence{late ? error_kind::timeout : error_kind::cancelled,
                       late ? "no complete answer in time" : "the caller gave up", 0};
      break;
    }
  }
  co_return result;
}

} // namespace conecta::protocol
