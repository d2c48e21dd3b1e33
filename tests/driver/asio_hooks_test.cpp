// The hooks of an asio_pool: what they throw, where they run, and their timeouts.

#include "driver/rig.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Waits until it is cancelled.
awaitable<void> forever() {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, asio::steady_timer::time_point::max()};
  co_await timer.async_wait(asio::use_awaitable);
}

} // namespace

TEST_CASE("a hook never begins inside a call of the pool or of a lease") {
  rig r;
  int opens = 0;
  int closes = 0;
  auto p = r.make({.max_size = 1}, {.open = [&](hook_context const&) -> awaitable<session> {
                                      ++opens;
                                      co_return session{r.book};
                                    },
                                    .close = [&](session&, hook_context const&) -> awaitable<void> {
                                      ++closes;
                                      co_return;
                                    }});
  std::shared_ptr<answer> asked;
  asio::post(r.io, [&] {
    asked = r.ask(p);
    CHECK(opens == 0);
  });
  r.settle();
  CHECK(opens == 1);
  asio::post(r.io, [&] {
    asked->lent->discard();
    CHECK(closes == 0);
  });
  r.settle();
  CHECK(closes == 1);
}

TEST_CASE("an asynchronous open that throws costs no capacity") {
  rig r;
  int opens = 0;
  auto p = r.make({.max_size = 1, .backoff = {.initial = 1ms, .limit = 1ms}},
                  {.open = [&](hook_context const&) -> awaitable<session> {
                    if (++opens < 4) {
                      throw opens;
                    }
                    co_return session{r.book};
                  }});
  auto const asked = r.ask(p);
  r.run_until([&] { return asked->times == 1; });
  CHECK(asked->lent.has_value());
  CHECK(p.stats().open_failed == 3);
  require_balance(p.stats());
}

TEST_CASE("an asynchronous check that throws counts as failed") {
  rig r;
  pool_options const options{
      .max_size = 1, .min_idle = 1, .scan_interval = 1ms, .check_retries = 1};
  auto endpoint = r.opening();
  endpoint.check = [](session& it, unsigned, hook_context const&) -> awaitable<bool> {
    if (it.number() == 1) {
      throw std::runtime_error{"no pulse"};
    }
    co_return true;
  };
  auto p = r.make(options, std::move(endpoint));
  r.run_until([&] { return p.stats().opened == 2 && p.stats().checks_ok > 0; });
  CHECK(p.stats().checks_failed == 2);
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 1);
}

TEST_CASE("an asynchronous reset that throws or says no closes the resource") {
  rig r;
  auto endpoint = r.opening();
  endpoint.reset = [](session& it, hook_context const&) -> awaitable<bool> {
    if (it.number() == 1) {
      throw std::runtime_error{"unclean"};
    }
    co_return it.number() != 2;
  };
  auto p = r.make({.max_size = 1, .returned = on_return::reset}, std::move(endpoint));
  for (int expected = 1; expected <= 3; ++expected) {
    auto const asked = r.ask(p);
    r.settle();
    REQUIRE(asked->lent.has_value());
    CHECK((*asked->lent)->number() == expected);
  }
  r.settle();
  CHECK(p.stats().idle == 1);
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 2);
}

TEST_CASE("an asynchronous close that throws has closed all the same") {
  rig r;
  auto endpoint = r.opening();
  endpoint.close = [](session&, hook_context const&) -> awaitable<void> {
    throw std::runtime_error{"stuck door"};
    co_return;
  };
  auto p = r.make({.max_size = 1}, std::move(endpoint));
  auto const asked = r.ask(p);
  r.settle();
  asked->lent->discard();
  r.settle();
  CHECK(p.stats().closed == 1);
  CHECK(r.book.alive == 0);
}

TEST_CASE("at its timeout an asynchronous open is cancelled, and its slot is free again") {
  rig r;
  bool asked_to_stop = false;
  auto p = r.make({.max_size = 1, .open_timeout = 2ms},
                  {.open = [&](hook_context const& context) -> awaitable<session> {
                    try {
                      co_await forever();
                    } catch (...) {
                      asked_to_stop = context.stop.stop_requested();
                      throw;
                    }
                    co_return session{r.book};
                  }});
  auto const asked = r.ask(p, {.timeout = 100ms});
  r.run_until([&] { return p.stats().open_failed == 1; });
  CHECK(asked_to_stop);
  CHECK(p.stats().stuck == 0);
  p.close();
  r.settle();
  CHECK(asked->times == 1);
}

TEST_CASE("a hook that ignores its timeout is stuck, holds its slot, and is used when it returns") {
  rig r;
  asio::steady_timer release{r.io, asio::steady_timer::time_point::max()};
  auto p =
      r.make({.max_size = 1, .open_timeout = 1ms},
             {.open = [&](hook_context const&) -> awaitable<session> {
               co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
               co_await release.async_wait(asio::as_tuple(asio::use_awaitable));
               co_return session{r.book};
             }});
  auto const first = r.ask(p, {.timeout = 10ms});
  r.run_until([&] { return first->times == 1; });
  CHECK(first->code == errc::timed_out);
  CHECK(p.stats().stuck == 1);
  CHECK(p.stats().opening == 1);
  release.cancel();
  r.settle();
  CHECK(p.stats().stuck == 0);
  CHECK(p.stats().idle == 1);
}

TEST_CASE("a check that hangs is cancelled at its timeout and counts as failed") {
  rig r;
  pool_options const options{
      .max_size = 1, .min_idle = 1, .check_timeout = 1ms, .scan_interval = 1ms, .check_retries = 0};
  auto endpoint = r.opening();
  endpoint.check = [](session&, unsigned, hook_context const&) -> awaitable<bool> {
    co_await forever();
    co_return true;
  };
  auto p = r.make(options, std::move(endpoint));
  r.run_until([&] { return p.stats().closed_by[close_reason::unhealthy] == 1; });
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 1);
}

TEST_CASE("a close that hangs is cancelled at its timeout, even after the pool is closed") {
  rig r;
  auto endpoint = r.opening();
  endpoint.close = [](session&, hook_context const&) -> awaitable<void> { co_await forever(); };
  auto p = r.make({.max_size = 1, .min_idle = 1, .close_timeout = 2ms}, std::move(endpoint));
  r.settle();
  CHECK(p.stats().idle == 1);
  p.close();
  r.io.restart();
  r.io.run(); // ends: nothing keeps the context at work any more
  CHECK(p.stats().closed == 1);
  CHECK(r.book.alive == 0);
}

TEST_CASE("an asynchronous hook may use its own pool") {
  rig r;
  std::optional<sessions> p;
  std::shared_ptr<answer> inner;
  p.emplace(r.make({.max_size = 2}, {.open = [&](hook_context const&) -> awaitable<session> {
                     if (!inner) {
                       inner = r.ask(*p);
                     }
                     co_return session{r.book};
                   }}));
  auto const outer = r.ask(*p);
  r.settle();
  CHECK(outer->lent.has_value());
  CHECK(inner->lent.has_value());
}
