#pragma once

// One client connection on the loop of a test, and the server's side of it as a plain socket: the
// test starts an exchange, plays the server by hand, and runs the loop until the exchange is over.

#include "net/endpoint.hpp"
#include "net/establish.hpp"
#include "net/exchange.hpp"
#include "support/plain_socket.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace conecta::test {

inline net::endpoint_url url_of(net::transport kind, wire::address const& where) {
  return *net::parse_url(std::string{kind == net::transport::tcp ? "tcp" : "udp"} + "://" +
                         where.text());
}

class conversation final : public net::exchange_listener {
 public:
  /// Establishes a connection; `problem()` says why there is none.
  explicit conversation(net::endpoint_url const& to) : exchange_{context_.get_executor(), *this} {
    auto coroutine = establish(*this, to);
    boost::asio::co_spawn(context_, std::move(coroutine),
                          [this](std::exception_ptr thrown) { problem_ = thrown; });
    run();
  }

  void start(std::string send, net::reply_framing reply, net::expectation expect = {}) {
    sent_ = std::move(send);
    reply_ = std::move(reply);
    expect_ = std::move(expect);
    over_.reset();
    exchange_.start(*link_, {.send = sent_, .reply = &reply_, .expect = &expect_});
  }
  void exchanged(net::outcome const& how) override {
    over_ = how;
    text_ = exchange_.reply();
  }

  /// Runs the loop until the exchange is over, at most 10 s.
  net::outcome const& finish() {
    context_.restart();
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!over_ && context_.run_one_until(limit) > 0) {
    }
    if (!over_) {
      throw std::runtime_error{"the exchange did not end"};
    }
    return *over_;
  }
  void run() {
    context_.restart();
    context_.run_for(std::chrono::seconds{10});
  }

  [[nodiscard]] std::exception_ptr problem() const { return problem_; }
  [[nodiscard]] net::connection& link() { return *link_; }
  [[nodiscard]] net::exchange& exchange() { return exchange_; }
  [[nodiscard]] net::wire_counters const& counters() const { return counters_; }
  [[nodiscard]] std::string const& reply() const { return text_; }
  [[nodiscard]] net::establishment const& notes() const { return notes_; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

 private:
  // Each awaited value has a name: g++ 12 miscompiles several shorter forms.
  static boost::asio::awaitable<void> establish(conversation& self, net::endpoint_url to) {
    auto const executor = self.context_.get_executor();
    auto establishing =
        net::establish(executor, to, self.counters_, never, {.notes = &self.notes_});
    net::connection made = co_await std::move(establishing);
    self.link_.emplace(std::move(made));
  }

  boost::asio::io_context context_;
  net::wire_counters counters_;
  net::establishment notes_;
  std::optional<net::connection> link_;
  net::exchange exchange_;
  std::exception_ptr problem_;
  std::string sent_;
  net::reply_framing reply_ = net::no_reply{};
  net::expectation expect_;
  std::optional<net::outcome> over_;
  std::string text_;
};

} // namespace conecta::test
