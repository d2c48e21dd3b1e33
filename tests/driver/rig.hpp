#pragma once

// What the tests of asio_pool share: a context that the test drives by hand, hooks that open a
// session of a ledger, and an answer that says whether and how an async_acquire ended. Single
// threaded.

#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace conecta::test {

using boost::asio::awaitable;
using sessions = asio_pool<session>;

/// Where an async_acquire puts its outcome; shared with the handler, which may outlive the test.
struct answer {
  int times = 0;
  error_code code;
  std::optional<lease<session>> lent;
};

struct into {
  std::shared_ptr<answer> where;
  void operator()(error_code code, lease<session> lent) const {
    ++where->times;
    where->code = code;
    if (lent.valid()) {
      where->lent.emplace(std::move(lent));
    }
  }
};

struct rig {
  ledger book;
  boost::asio::io_context io;

  [[nodiscard]] asio_endpoint<session> opening() {
    return {.open = [this](hook_context const&) -> awaitable<session> { co_return session{book}; }};
  }

  [[nodiscard]] sessions make(pool_options const& options) { return make(options, opening()); }
  [[nodiscard]] sessions make(pool_options const& options, asio_endpoint<session> endpoint) {
    return sessions{io.get_executor(), options, std::move(endpoint)};
  }

  [[nodiscard]] std::shared_ptr<answer> ask(sessions& p, acquire_options options = {}) {
    auto where = std::make_shared<answer>();
    into handler{where};
    p.async_acquire(std::move(options), std::move(handler));
    return where;
  }

  /// Runs what is ready now.
  void settle() {
    io.restart();
    io.poll();
  }

  /// Runs, real timers included, until it holds; a condition that never comes ends with the work.
  template <class Condition>
  void run_until(Condition const& holds) {
    io.restart();
    while (!holds() && io.run_one() != 0) {
    }
  }
};

} // namespace conecta::test
