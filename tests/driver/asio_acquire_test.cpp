// async_acquire: what it completes with, where, and with which completion tokens.

#include "driver/rig.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <tuple>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

TEST_CASE("an asynchronous caller gets what was opened, and the next gets it again") {
  rig r;
  auto p = r.make({.max_size = 2});
  auto const first = r.ask(p);
  CHECK(first->times == 0); // never inside async_acquire
  r.settle();
  REQUIRE(first->times == 1);
  CHECK(!first->code);
  CHECK((*first->lent)->number() == 1);
  first->lent.reset();
  auto const second = r.ask(p);
  CHECK(second->times == 0); // not even if one is idle
  r.settle();
  REQUIRE(second->lent.has_value());
  CHECK((*second->lent)->number() == 1);
  require_balance(p.stats());
}

TEST_CASE("what died while it was idle is not lent, with and without a gate") {
  auto const recorded = GENERATE(recording::on, recording::off);
  rig r;
  int dead = 0;
  auto endpoint = r.opening();
  endpoint.look = [&dead](session& it) { return it.number() > dead; };
  auto p = r.make({.max_size = 2, .borrowers = recorded}, std::move(endpoint));
  {
    auto const first = r.ask(p);
    r.settle();
    REQUIRE(first->lent.has_value());
  }
  dead = 1;
  auto const second = r.ask(p);
  CHECK(second->times == 0);
  r.settle();
  REQUIRE(second->lent.has_value());
  CHECK((*second->lent)->number() == 2);
  CHECK(p.stats().closed_by[close_reason::stale] == 1);
  require_balance(p.stats());
}

TEST_CASE("a refusal is posted too") {
  rig r;
  auto p = r.make({});
  p.close();
  auto const refused = r.ask(p);
  CHECK(refused->times == 0);
  r.settle();
  CHECK(refused->times == 1);
  CHECK(refused->code == errc::closed);
  CHECK(p.last_error().code == errc::closed);
}

TEST_CASE("an asynchronous wait ends at its deadline, and last_error has the counts") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const held = r.ask(p);
  auto const late = r.ask(p, {.timeout = 2ms});
  r.run_until([&] { return late->times == 1; });
  CHECK(late->code == errc::timed_out);
  CHECK(held->lent.has_value());
  CHECK(p.last_error().counts.leased == 1);
  CHECK(p.stats().timed_out == 1);
}

TEST_CASE("last_error says what the last open said") {
  rig r;
  auto const failing = [](hook_context const&) -> awaitable<session> {
    throw std::runtime_error{"nobody home"};
    co_return session{*static_cast<ledger*>(nullptr)};
  };
  auto p = r.make({.max_size = 1}, {.open = failing});
  auto const asked = r.ask(p, {.timeout = 2ms});
  r.run_until([&] { return asked->times == 1; });
  CHECK(asked->code == errc::timed_out);
  CHECK(p.last_error().last_open == errc::open_failed);
  CHECK(p.last_error().detail == "nobody home");
}

TEST_CASE("a timeout of zero asks once and opens in the background") {
  rig r;
  auto p = r.make({});
  auto const once = r.ask(p, {.timeout = 0s});
  r.settle();
  CHECK(once->code == errc::exhausted);
  CHECK(p.stats().idle == 1);
  CHECK(p.try_acquire());
}

TEST_CASE("asynchronous waiters are served in the order they came, within the cap") {
  rig r;
  auto p = r.make({.max_size = 1});
  auto const first = r.ask(p);
  auto const second = r.ask(p);
  auto const third = r.ask(p);
  r.settle();
  CHECK(first->times == 1);
  CHECK(second->times == 0);
  first->lent.reset();
  r.settle();
  CHECK(second->times == 1);
  CHECK(third->times == 0);
  second->lent->discard();
  r.settle();
  REQUIRE(third->times == 1);
  CHECK((*third->lent)->number() == 2);
  CHECK(p.stats().peak_live == 1);
}

TEST_CASE("the completion runs on the handler's associated executor") {
  rig r;
  asio::io_context other;
  auto p = r.make({});
  auto const where = std::make_shared<answer>();
  into handler{where};
  p.async_acquire(asio::bind_executor(other.get_executor(), std::move(handler)));
  r.settle();
  CHECK(where->times == 0);
  CHECK(other.run() > 0); // it was kept at work until now
  CHECK(where->times == 1);
}

TEST_CASE("co_await without a token yields the lease") {
  rig r;
  auto p = r.make({});
  int number = 0;
  auto const program = [&]() -> awaitable<void> {
    auto lent = co_await p.async_acquire();
    number = lent->number();
  };
  asio::co_spawn(r.io, program, asio::detached);
  r.settle();
  CHECK(number == 1);
  CHECK(p.stats().idle == 1);
}

TEST_CASE("co_await throws the error code, or as_tuple returns it") {
  rig r;
  auto p = r.make({});
  p.close();
  error_code thrown;
  error_code returned;
  auto const program = [&]() -> awaitable<void> {
    try {
      auto const lent = co_await p.async_acquire(asio::use_awaitable);
    } catch (boost::system::system_error const& failed) {
      thrown = failed.code();
    }
    auto const token = asio::as_tuple(asio::use_awaitable);
    auto [code, lent] = co_await p.async_acquire(token);
    returned = code;
    CHECK(!lent.valid());
  };
  asio::co_spawn(r.io, program, asio::detached);
  r.settle();
  CHECK(thrown == errc::closed);
  CHECK(returned == errc::closed);
}

TEST_CASE("a deferred acquire starts when it is called, with the options it was given") {
  rig r;
  auto p = r.make({.max_size = 1});
  acquire_options options;
  options.timeout = 0s;
  auto later = p.async_acquire(options, asio::deferred);
  CHECK(p.stats().rejected == 0);
  auto const where = std::make_shared<answer>();
  into handler{where};
  std::move(later)(std::move(handler));
  r.settle();
  CHECK(where->code == errc::exhausted);
}

TEST_CASE("use_future gives a future of the lease, or its error") {
  rig r;
  auto p = r.make({});
  auto given = p.async_acquire(asio::use_future);
  r.settle();
  CHECK(given.get()->number() == 1);
  p.close();
  auto refused = p.async_acquire(asio::use_future);
  r.settle();
  CHECK_THROWS_AS(refused.get(), boost::system::system_error);
}

TEST_CASE("a handler that can only be moved is accepted") {
  rig r;
  auto p = r.make({});
  auto flag = std::make_unique<int>(0);
  auto* const seen = flag.get();
  p.async_acquire([flag = std::move(flag)](error_code code, lease<session> lent) {
    *flag = !code && lent.valid() ? 1 : 2;
    CHECK(*flag == 1);
  });
  CHECK(*seen == 0);
  r.settle();
  CHECK(p.stats().returned == 1);
}

TEST_CASE("tag and source location are accepted from the start") {
  rig r;
  auto p = r.make({});
  auto const asked = r.ask(p, {.tag = "checkout"});
  r.settle();
  CHECK(asked->lent.has_value());
}

TEST_CASE("resources can be added, detached and asked for without waiting") {
  rig r;
  auto p = r.make({.max_size = 1});
  session own{r.book};
  CHECK(p.add(std::move(own)));
  session refused{r.book};
  CHECK(p.try_add(std::move(refused)).error().code == errc::exhausted);
  {
    auto lent = p.try_acquire();
    REQUIRE(lent);
    auto const taken = lent->detach();
    CHECK(taken.number() == 1);
  }
  CHECK(p.stats().added == 1);
  CHECK(p.stats().detached == 1);
  require_balance(p.stats());
}
