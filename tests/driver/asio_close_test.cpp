// The end of an asio_pool and of its context, at every awkward moment.

#include "driver/rig.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

awaitable<session> open_late(ledger& book) {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, asio::steady_timer::time_point::max()};
  co_await timer.async_wait(asio::use_awaitable);
  co_return session{book};
}

} // namespace

TEST_CASE("closing an asynchronous pool refuses its waiters and lets the context end") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const held = r.ask(p);
  auto const waiting = r.ask(p);
  r.settle();
  CHECK(p.close() == 1);
  CHECK(waiting->times == 0);
  r.settle();
  CHECK(waiting->code == errc::closed);
  held->lent.reset();
  r.io.restart();
  r.io.run(); // no timer is left
  CHECK(r.book.alive == 0);
  CHECK(p.close() == 0);
}

TEST_CASE("closing during an asynchronous open cancels it") {
  rig r;
  auto p = r.make({}, {.open = [&](hook_context const&) { return open_late(r.book); }});
  auto const asked = r.ask(p);
  r.settle();
  p.close();
  r.io.restart();
  r.io.run();
  CHECK(asked->code == errc::closed);
  CHECK(p.stats().opening == 0);
  CHECK(p.stats().open_failed == 1);
}

TEST_CASE("an asynchronous open that has not begun when the pool closes does not begin") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const asked = r.ask(p);
  p.close();
  r.settle();
  CHECK(asked->code == errc::closed);
  CHECK(r.book.born == 0);
}

TEST_CASE("a lease outlives its asynchronous pool, and its resource is closed by the context") {
  rig r;
  int closes = 0;
  auto endpoint = r.opening();
  endpoint.close = [&](session&, hook_context const&) -> awaitable<void> {
    ++closes;
    co_return;
  };
  std::shared_ptr<answer> asked;
  {
    auto p = r.make({}, std::move(endpoint));
    asked = r.ask(p);
    r.settle();
  }
  CHECK((*asked->lent)->number() == 1);
  asked->lent.reset();
  CHECK(closes == 0);
  r.settle();
  CHECK(closes == 1);
  CHECK(r.book.alive == 0);
}

TEST_CASE("an asynchronous pool may be destroyed in its own hook") {
  rig r;
  std::optional<sessions> p;
  p.emplace(r.make({.max_size = 1}, {.open = [&](hook_context const&) -> awaitable<session> {
                     p.reset();
                     co_return session{r.book};
                   }}));
  auto const asked = r.ask(*p);
  r.settle();
  CHECK(asked->code == errc::closed);
  CHECK(r.book.born == 1);
  CHECK(r.book.alive == 0);
}

TEST_CASE("an asynchronous pool may be destroyed by its observer") {
  class ambush final : public pool_observer {
   public:
    void acquired(duration) override { kept.reset(); }
    void closed(close_reason) override { kept.reset(); }
    std::unique_ptr<sessions> kept;
  };
  rig r;
  auto const trap = std::make_shared<ambush>();
  auto endpoint = r.opening();
  endpoint.look = [](session&) { return true; };
  trap->kept = std::make_unique<sessions>(r.make({.observer = trap}, std::move(endpoint)));
  auto& pool_to_be_destroyed = *trap->kept;
  REQUIRE(pool_to_be_destroyed.add(session{r.book}));
  SECTION("by a lease") {
    auto lent = pool_to_be_destroyed.try_acquire();
    CHECK(lent);
    CHECK(trap->kept == nullptr);
    lent = {};
  }
  SECTION("by what its owner does") {
    CHECK(pool_to_be_destroyed.evict_idle() == 1);
    r.settle();
    CHECK(trap->kept == nullptr);
  }
  r.settle();
  CHECK(r.book.alive == 0);
}

TEST_CASE("an asynchronous pool may be destroyed in a completion, lease in hand") {
  rig r;
  std::optional<sessions> p{r.make({.max_size = 1})};
  p->async_acquire([&](error_code, lease<session> lent) {
    p.reset();
    CHECK(lent->number() == 1);
  });
  r.settle();
  CHECK(!p.has_value());
  CHECK(r.book.alive == 0);
}

TEST_CASE("a context may be destroyed with everything still pending") {
  ledger book;
  auto const unanswered = std::make_shared<answer>();
  {
    asio::io_context io;
    sessions p{io.get_executor(),
               {.max_size = 2, .scan_interval = 1ms},
               {.open = [&](hook_context const&) -> awaitable<session> {
                 if (book.born == 0) {
                   co_return session{book};
                 }
                 auto opening = open_late(book);
                 auto late = co_await std::move(opening);
                 co_return late;
               }}};
    auto const program = [&]() -> awaitable<void> {
      auto const lent = co_await p.async_acquire();
      auto const next = co_await p.async_acquire(); // its open never ends
    };
    asio::co_spawn(io, program, asio::detached);
    io.poll();
    into first{unanswered};
    p.async_acquire(std::move(first)); // waits
    io.poll();
    p.add(session{book});
    CHECK(p.stats().leased == 1);
  }
  CHECK(unanswered->times == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("a lease may be given back after the context has stopped") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const asked = r.ask(p);
  auto const waiting = r.ask(p);
  r.settle();
  r.io.stop();
  asked->lent.reset();
  CHECK(p.stats().leased == 1); // granted to the next, whose completion is posted
  CHECK(waiting->times == 0);
  r.settle();
  CHECK(waiting->times == 1);
}

TEST_CASE("an asynchronous pool can be moved while callers wait") {
  rig r;
  auto first = r.make({.max_size = 1});
  auto const asked = r.ask(first);
  auto second = std::move(first);
  r.settle();
  CHECK(asked->lent.has_value());
  asked->lent.reset();
  second = r.make({});
  r.settle();
  CHECK(r.book.alive == 0);
}
