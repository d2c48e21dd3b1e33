#include "commands/probe_attempt.hpp"

#include "base/base64.hpp"
#include "net/endpoint.hpp"
#include "protocol/client_session.hpp"
#include "protocol/introduction.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace conecta::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using net::error_kind;
using look = net::connection::look;

/// A forwarder that accepts for nobody hangs up within it.
constexpr duration lingering = std::chrono::milliseconds{50};

// A failure of this host, or of its resolver, says nothing about the other: nobody was asked.
// Who resets was there.
readiness without_connection(error_kind why) {
  switch (why) {
  case error_kind::name:
  case error_kind::fd_limit:
  case error_kind::no_port:
  case error_kind::denied:
  case error_kind::other:
    return readiness::not_attempted;
  case error_kind::reset:
    return readiness::not_ready;
  default:
    return readiness::no_answer;
  }
}

readiness state_of(protocol::standing is) {
  switch (is) {
  case protocol::standing::ready:
    return readiness::ready;
  case protocol::standing::unready:
    return readiness::not_ready;
  case protocol::standing::denied:
    return readiness::denied;
  case protocol::standing::foreign:
    return readiness::other_protocol;
  }
  return readiness::not_ready;
}

struct tls_meaning {
  readiness state;
  std::string_view reason;
};

/// What it says of a server that there was no TLS with it.
tls_meaning meaning_of(net::tls_problem why) {
  using net::tls_problem;
  switch (why) {
  case tls_problem::built_without:
    return {readiness::not_attempted, "built_without"};
  case tls_problem::bad_ca_file:
  case tls_problem::bad_certificate:
    return {readiness::not_attempted, "file"};
  case tls_problem::not_tls:
    return {readiness::other_protocol, "protocol"};
  case tls_problem::name_mismatch:
  case tls_problem::expired:
  case tls_problem::not_yet_valid:
  case tls_problem::unknown_authority:
  case tls_problem::unverified:
    return {readiness::not_ready, "certificate"};
  case tls_problem::wants_certificate:
    return {readiness::denied, "denied"};
  case tls_problem::none:
  case tls_problem::refused:
  case tls_problem::ended:
  case tls_problem::other:
    break;
  }
  return {readiness::not_ready, "tls"};
}

void mask(std::string& text, std::string const& secret) {
  for (auto at = text.find(secret); !secret.empty() && at != std::string::npos;
       at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

/// A server may repeat what it was told.
std::string without_password(std::string text, net::endpoint_url const& url) {
  if (url.password) {
    mask(text, encode_base64(url.user + ":" + *url.password));
    mask(text, *url.password);
  }
  return text;
}

/// Takes what there is, and forgets it.
void drain(net::connection& link) {
  std::array<char, 4096> ignored;
  while (link.socket().receive(ignored.data(), ignored.size()) > 0) {
  }
}

} // namespace

prober::prober(asio::io_context& context, probe_target const& target, keeping keeps)
    : context_{context}, target_{target}, keeps_{keeps}, timer_{context} {
  finding_.url = target.url.to_string();
  finding_.at = target.by.at ? target.by.at->to_string() : "";
}

void prober::attempt(instant deadline, std::function<void()> ended) {
  begin(deadline, std::move(ended), examine);
}

void prober::look_up(instant deadline, std::function<void()> ended) {
  begin(deadline, std::move(ended), find_addresses);
}

void prober::begin(instant deadline, std::function<void()> ended, step* first) {
  probe_finding fresh;
  fresh.url = std::move(finding_.url);
  fresh.at = std::move(finding_.at);
  fresh.attempts = finding_.attempts;
  finding_ = std::move(fresh);
  ++finding_.attempts;
  ended_ = std::move(ended);
  deadline_ = deadline;
  reached_ = reached::nobody;
  received_ = 0;
  notes_ = {};
  timer_.expires_at(deadline_);
  timer_.async_wait([this](boost::system::error_code const& cancelled) {
    if (!cancelled) {
      stop();
    }
  });
  auto finished = [this](std::exception_ptr) { concluded(); };
  auto coroutine = run(*this, first);
  asio::co_spawn(context_, std::move(coroutine),
                 asio::bind_cancellation_slot(stop_.slot(), std::move(finished)));
}

void prober::keep_if_wanted(net::connection& link) {
  if (keeps_ == keeping::connection && finding_.state == readiness::ready) {
    kept_.emplace(std::move(link));
  }
}

/// Bytes may wait before the end.
bool prober::holds() const {
  pollfd seen{.fd = kept_ ? kept_->handle() : -1, .events = POLLRDHUP, .revents = 0};
  return kept_ && ::poll(&seen, 1, 0) == 0;
}

void prober::let_go() {
  if (kept_ && talk_ != nullptr) {
    static_cast<void>(kept_->socket().send(talk_->farewell()));
  }
  kept_.reset();
  talk_.reset();
}

void prober::stop() { stop_.emit(asio::cancellation_type::terminal); }

// Each awaited value has a name: g++ 12 miscompiles several shorter forms.

asio::awaitable<void> prober::run(prober& self, step* first) {
  try {
    auto doing = first(self);
    co_await std::move(doing);
  } catch (boost::system::system_error const& thrown) {
    if (net::is_of_tls(thrown.code())) {
      self.failed(static_cast<net::tls_problem>(thrown.code().value()));
      co_return;
    }
    auto const late = clock::now() >= self.deadline_;
    auto const aborted = thrown.code() == asio::error::operation_aborted;
    self.failed(late && aborted ? error_kind::timeout : net::classify(thrown.code()),
                late ? "timed out" : thrown.code().message());
  } catch (std::exception const& thrown) {
    self.failed(error_kind::other, thrown.what());
  }
}

asio::awaitable<void> prober::find_addresses(prober& self) {
  auto looking = net::addresses_of(self.context_.get_executor(), self.target_.url, self.deadline_,
                                   self.dialing());
  std::vector<asio::ip::tcp::endpoint> const found = co_await std::move(looking);
  self.addresses_.clear();
  for (auto const& each : found) {
    self.addresses_.push_back(each.address());
  }
  self.finding_.state = readiness::ready;
}

asio::awaitable<void> prober::examine(prober& self) {
  auto const& url = self.target_.url;
  if (self.target_.depth >= protocol::level::auth && protocol::has_client_library(url.speaks)) {
    auto asking = ask_by_client(self);
    co_await std::move(asking);
    co_return;
  }
  auto const executor = self.context_.get_executor();
  net::dial_options const how = self.dialing();
  auto establishing =
      net::establish(executor, self.target_.url, self.counters_, self.deadline_, how);
  net::connection link = co_await std::move(establishing);
  self.reached_ = reached::connection;
  self.connected_at_ = clock::now();
  if (self.target_.depth == protocol::level::connect) {
    self.finding_.state = readiness::ready;
    self.keep_if_wanted(link);
    co_return;
  }
  auto exchange = self.target_.url.speaks != net::protocol::none ? talk(self, url, link)
                  : self.target_.asks                            ? ask(self, link)
                                                                 : linger(self, link);
  co_await std::move(exchange);
  if (url.speaks == net::protocol::dns && self.finding_.reason == "truncated") {
    auto again = talk_over_tcp(self);
    co_await std::move(again);
  }
  self.finding_.exchanging = clock::now() - self.connected_at_;
  auto const* const channel = link.socket().secured_by();
  if (channel != nullptr && channel->problem() != net::tls_problem::none) {
    self.failed(channel->problem()); // TLS 1.3 refuses a client after the handshake
  }
  self.keep_if_wanted(link);
}

net::dial_options prober::dialing() {
  return {.notes = &notes_,
          .tls = &target_.by.tls,
          .only = target_.by.only,
          .at = target_.by.at,
          .connect_within = target_.by.connect_within,
          .from = target_.by.from,
          .announces = target_.by.announces};
}

/// The client's library connects by itself.
asio::awaitable<void> prober::ask_by_client(prober& self) {
  net::dial_options const how = self.dialing();
  auto attempting = protocol::attempt_by_client(self.context_.get_executor(), self.target_.url,
                                                self.target_.depth, self.deadline_, how);
  protocol::client_attempt made = co_await std::move(attempting);
  if (made.session == nullptr) {
    self.finding_.state = readiness::not_attempted;
    self.finding_.reason = "built_without";
    self.finding_.detail = made.missing;
    co_return;
  }
  if (made.reached_at) {
    self.reached_ = reached::connection;
    self.finding_.exchanging = clock::now() - *made.reached_at;
  }
  self.heard(made.how);
  if (self.finding_.state == readiness::ready) {
    net::connection link{self.context_.get_executor(), std::move(made.session), self.counters_};
    self.keep_if_wanted(link);
  }
}

asio::awaitable<void> prober::talk(prober& self, net::endpoint_url const& to,
                                   net::connection& link) {
  bool const stays = self.keeps_ == keeping::connection;
  self.talk_ = protocol::introduce(to, {.asks = self.target_.depth, .stays = stays}).value();
  auto talking = protocol::conduct(link, *self.talk_, self.deadline_,
                                   stays ? protocol::parting::later : protocol::parting::at_once);
  auto const how = co_await std::move(talking);
  self.heard(how);
}

/// What did not fit into a datagram.
asio::awaitable<void> prober::talk_over_tcp(prober& self) {
  net::endpoint_url to = self.target_.url;
  to.kind = net::transport::tcp;
  net::dial_options const how = self.dialing();
  auto establishing =
      net::establish(self.context_.get_executor(), to, self.counters_, self.deadline_, how);
  net::connection link = co_await std::move(establishing);
  auto talking = talk(self, to, link);
  co_await std::move(talking);
}

asio::awaitable<void> prober::ask(prober& self, net::connection& link) {
  net::dialogue::script script;
  script.send = self.target_.asks->send;
  script.reply = &self.target_.asks->reply;
  script.expect = &self.target_.asks->expect;
  script.counted_as = net::purpose::check;
  auto conversation = net::converse(link, self.dialogue_, script, self.deadline_);
  net::outcome const how = co_await std::move(conversation);
  self.received_ = self.dialogue_.received();
  if (how.failed) {
    self.failed(*how.failed, how.detail);
  } else {
    self.finding_.state = readiness::ready;
  }
}

/// Whether there is somebody behind who accepted: a forwarder for nobody hangs up.
asio::awaitable<void> prober::linger(prober& self, net::connection& link) {
  auto const end = clock::now() + lingering;
  auto seen = link.look_at();
  while (clock::now() < std::min(end, self.deadline_) && seen != look::closed &&
         seen != look::broken) {
    drain(link);
    auto waiting = net::until(link.socket(), net::readiness::readable, end);
    co_await std::move(waiting);
    drain(link);
    seen = link.look_at();
  }
  if (seen == look::closed || seen == look::broken) {
    self.failed(seen == look::closed ? error_kind::closed : error_kind::reset,
                "it accepted, and hung up at once");
  } else if (clock::now() < end) {
    self.failed(error_kind::timeout, "it accepted; there was no time to see whether it hangs up");
  } else {
    self.finding_.state = readiness::ready;
  }
}

void prober::heard(std::variant<protocol::verdict, protocol::silence> const& how) {
  if (auto const* const nothing = std::get_if<protocol::silence>(&how)) {
    received_ = nothing->heard;
    return failed(nothing->why, nothing->detail);
  }
  auto const& found = std::get<protocol::verdict>(how);
  finding_.state = state_of(found.is);
  finding_.reason = found.reason;
  finding_.detail = without_password(found.detail, target_.url);
}

void prober::failed(error_kind why, std::string detail) {
  bool const of_the_name = reached_ == reached::nobody && notes_.address.empty();
  bool const slow_name = of_the_name && why == error_kind::timeout;
  finding_.reason = net::name_of(why);
  finding_.detail = slow_name ? "the name did not resolve in time"
                              : without_password(std::move(detail), target_.url);
  finding_.state = of_the_name ? readiness::not_attempted : meant_by(why);
}

void prober::failed(net::tls_problem why) {
  auto const meant = meaning_of(why);
  finding_.state = meant.state;
  finding_.reason = meant.reason;
  finding_.detail = make_error_code(why).message();
}

// Who replied, or ended a TCP connection, has answered. Who accepted and stays silent has not: the
// kernel accepts for a server that hangs, too.
readiness prober::meant_by(error_kind why) const {
  if (reached_ == reached::nobody) {
    return without_connection(why);
  }
  bool const silent = why == error_kind::timeout && received_ == 0;
  bool const answered = target_.url.kind == net::transport::tcp
                            ? !silent
                            : why == error_kind::mismatch || received_ > 0;
  return answered ? readiness::not_ready : without_connection(why);
}

void prober::concluded() {
  timer_.cancel();
  finding_.address = notes_.address;
  finding_.resolving = notes_.resolving;
  finding_.connecting = notes_.connecting;
  finding_.securing = notes_.securing;
  finding_.certificate_expires = notes_.expires;
  ended_();
}

} // namespace conecta::command
