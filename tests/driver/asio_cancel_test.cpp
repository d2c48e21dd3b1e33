// Cancellation of async_acquire, by signal and by stop_token: before, during and after the wait,
// and completions that nobody runs.

#include "driver/rig.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::shared_ptr<answer> ask_with(sessions& p, asio::cancellation_signal& signal) {
  auto where = std::make_shared<answer>();
  into handler{where};
  p.async_acquire(asio::bind_cancellation_slot(signal.slot(), std::move(handler)));
  return where;
}

} // namespace

TEST_CASE("every cancellation type ends a wait, with one completion, which is posted") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const held = r.ask(p);
  r.settle();
  auto const type = GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial,
                             asio::cancellation_type::total);
  asio::cancellation_signal signal;
  auto const waiting = ask_with(p, signal);
  r.settle();
  signal.emit(type);
  CHECK(waiting->times == 0);
  r.settle();
  CHECK(waiting->times == 1);
  CHECK(waiting->code == errc::cancelled);
  CHECK(p.stats().cancelled == 1);
  CHECK(p.stats().waiters == 0);
  held->lent.reset();
  r.settle();
  CHECK(waiting->times == 1);
  CHECK(p.stats().idle == 1);
}

TEST_CASE("a cancelled caller leaves its open going on, for the next") {
  rig r;
  auto p = r.make({.max_size = 1});
  asio::cancellation_signal signal;
  auto const first = ask_with(p, signal);
  signal.emit(asio::cancellation_type::total);
  r.settle();
  CHECK(first->code == errc::cancelled);
  CHECK(p.stats().idle == 1);
}

TEST_CASE("a cancellation that comes after the grant is too late") {
  rig r;
  auto p = r.make({.max_size = 1});
  p.add(session{r.book});
  asio::cancellation_signal signal;
  auto const granted = ask_with(p, signal); // granted at once, the completion is on its way
  signal.emit(asio::cancellation_type::total);
  r.settle();
  CHECK(granted->times == 1);
  CHECK(!granted->code);
  CHECK(p.stats().cancelled == 0);
  signal.emit(asio::cancellation_type::total); // and after the completion, too
  CHECK(granted->lent->valid());
}

TEST_CASE("a stop request before the start takes no place in the queue") {
  rig r;
  auto p = r.make({});
  std::stop_source stop;
  stop.request_stop();
  auto const asked = r.ask(p, {.stop = stop.get_token()});
  CHECK(p.stats().opening == 0);
  r.settle();
  CHECK(asked->code == errc::cancelled);
  CHECK(r.book.born == 0);
}

TEST_CASE("a stop request ends an asynchronous wait") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const held = r.ask(p);
  std::stop_source stop;
  auto const waiting = r.ask(p, {.stop = stop.get_token()});
  r.settle();
  stop.request_stop();
  CHECK(waiting->times == 0);
  r.settle();
  CHECK(waiting->code == errc::cancelled);
  CHECK(held->lent.has_value());
}

TEST_CASE("a coroutine that races acquire against a timer gives up its place") {
  using namespace asio::experimental::awaitable_operators;
  rig r;
  auto p = r.make({.max_size = 1});
  auto const held = r.ask(p);
  r.settle();
  bool timer_won = false;
  auto const program = [&]() -> awaitable<void> {
    asio::steady_timer timer{r.io, 1ms};
    auto race = timer.async_wait(asio::use_awaitable) || p.async_acquire(asio::use_awaitable);
    auto const outcome = co_await std::move(race);
    timer_won = outcome.index() == 0;
  };
  bool done = false;
  asio::co_spawn(r.io, program, [&](std::exception_ptr) { done = true; });
  r.run_until([&] { return done; });
  CHECK(timer_won);
  CHECK(p.stats().cancelled == 1);
  CHECK(p.stats().waiters == 0);
  held->lent.reset();
  CHECK(p.stats().idle == 1);
}

TEST_CASE("a completion that is destroyed unrun gives its lease back") {
  rig r;
  std::optional<sessions> p;
  std::optional<asio::io_context> callers{std::in_place};
  p.emplace(r.make({.max_size = 1}));
  auto const where = std::make_shared<answer>();
  into handler{where};
  p->async_acquire(asio::bind_executor(callers->get_executor(), std::move(handler)));
  r.settle();
  CHECK(p->stats().leased == 1);
  callers.reset();
  CHECK(where->times == 0);
  CHECK(p->stats().idle == 1);
  CHECK(p->stats().returned == 1);
}

TEST_CASE("a lease in an unrun completion goes to the next waiter") {
  rig r;
  std::optional<asio::io_context> callers{std::in_place};
  auto p = r.make({.max_size = 1});
  auto const unrun = std::make_shared<answer>();
  into handler{unrun};
  p.async_acquire(asio::bind_executor(callers->get_executor(), std::move(handler)));
  auto const next = r.ask(p);
  r.settle();
  CHECK(next->times == 0);
  callers.reset();
  r.settle();
  CHECK(next->lent.has_value());
}
