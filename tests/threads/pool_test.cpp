// Lending and waiting: acquire, acquire_for, try_acquire.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

/// Of a pool with the usual options in which nothing has happened.
pool_stats const unused_stats = [] {
  pool_stats made;
  made.max_size = pool_options{}.max_size;
  return made;
}();

} // namespace

TEST_CASE("a resource that comes back is lent again") {
  ledger book;
  pool<session> p{{.max_size = 4}, opening_from(book)};
  for (int round = 0; round < 3; ++round) {
    auto lent = p.acquire();
    REQUIRE(lent);
    CHECK((*lent)->number() == 1);
  }
  auto const now = p.stats();
  CHECK(now.opened == 1);
  CHECK(now.acquired == 3);
  CHECK(now.returned == 3);
  CHECK(now.idle == 1);
  require_balance(now);
}

TEST_CASE("a pool that is never asked opens nothing") {
  ledger book;
  {
    pool<session> const p{{}, opening_from(book)};
    CHECK(p.stats() == unused_stats);
  }
  CHECK(book.born == 0);
}

TEST_CASE("min_idle is opened in the background") {
  ledger book;
  pool<session> p{{.max_size = 4, .min_idle = 3}, opening_from(book)};
  until([&] { return p.stats().idle == 3; });
  auto const lent = p.acquire();
  REQUIRE(lent);
  until([&] { return p.stats().idle == 3; });
  CHECK(book.born == 4);
}

TEST_CASE("no more than max_size exist, and the next caller times out with the counts") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  auto const first = p.acquire();
  auto const second = p.acquire();
  auto const third = p.acquire_for(5ms);
  REQUIRE(!third);
  CHECK(third.error().code == errc::timed_out);
  CHECK(third.error().counts.leased == 2);
  CHECK(third.error().counts.idle == 0);
  CHECK(!third.error().last_open);
  CHECK(p.stats().timed_out == 1);
  CHECK(p.stats().peak_live == 2);
  CHECK(book.born == 2);
}

namespace {

/// What a caller learns who gives up after an open has failed.
template <class T>
error learned(pool<T>& p) {
  error told;
  until([&] {
    auto const lent = p.acquire_for(5ms);
    REQUIRE(!lent);
    told = lent.error();
    return told.last_open.failed();
  });
  return told;
}

} // namespace

TEST_CASE("options that make no pool are told by name") {
  auto const refused =
      pool<int>::create({.max_size = 0, .min_idle = 4}, {.open = [] { return 1; }});
  REQUIRE_FALSE(refused.has_value());
  auto const said = describe(refused.error());
  CHECK(said.find("max_size is 0") != std::string::npos);
  CHECK(said.find("min_idle is 4") != std::string::npos);
}

TEST_CASE("a caller that times out learns what the last open said") {
  pool<int> p{{.max_size = 1},
              {.open = []() -> int { throw std::runtime_error{"no route to the moon"}; }}};
  auto const told = learned(p);
  CHECK(told.code == errc::timed_out);
  CHECK(told.last_open == errc::open_failed);
  CHECK(told.detail == "no route to the moon");
  CHECK(describe(told).find("no route to the moon") != std::string::npos);
  CHECK_THROWS_AS(p.acquire_for(1ms).value(), pool_error);
}

TEST_CASE("an error code that open throws is kept") {
  auto const refused = make_error_code(boost::system::errc::connection_refused);
  pool<int> p{{.max_size = 1},
              {.open = [&]() -> int { throw boost::system::system_error{refused}; }}};
  CHECK(learned(p).last_open == refused);
}

TEST_CASE("try_acquire never waits, but has one opened in the background") {
  ledger book;
  gate may_open;
  pool<session> p{{.max_size = 2}, {.open = [&] {
                    may_open.wait();
                    return session{book};
                  }}};
  auto const empty = p.try_acquire();
  REQUIRE(!empty);
  CHECK(empty.error().code == errc::exhausted);
  may_open.open();
  until([&] { return p.stats().idle == 1; });
  CHECK(p.try_acquire());
}

TEST_CASE("a timeout of zero asks once, as a deadline that has passed does") {
  gate may_open;
  pool<int> p{{}, {.open = [&] {
                may_open.wait();
                return 1;
              }}};
  CHECK(p.acquire({.timeout = 0s}).error().code == errc::exhausted);
  CHECK(p.acquire({.deadline = instant::min()}).error().code == errc::exhausted);
  may_open.open();
}

TEST_CASE("a waiter is served by a return while the open that it caused goes on") {
  ledger book;
  gate may_open;
  std::atomic<int> opens = 0;
  pool<session> p{{.max_size = 2}, {.open = [&] {
                    if (++opens > 1) {
                      may_open.wait();
                    }
                    return session{book};
                  }}};
  std::optional<lease<session>> held = p.acquire().value();
  auto waiter = std::async(std::launch::async, [&] { return p.acquire().value()->number(); });
  until([&] { return opens == 2; });
  held.reset();
  CHECK(waiter.get() == 1);
  may_open.open();
  until([&] { return p.stats().idle == 2; }); // the late open goes idle
}

TEST_CASE("waiters are served in the order they came") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  std::optional<lease<session>> held = p.acquire().value();
  std::mutex order_lock;
  std::vector<int> order;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      auto const lent = p.acquire();
      std::lock_guard const lock{order_lock};
      order.push_back(lent ? caller : -1);
    });
    until([&] { return p.stats().waiters == static_cast<std::size_t>(caller) + 1; });
  }
  held.reset();
  for (auto& each : callers) {
    each.join();
  }
  CHECK(order == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("more waiters than max_waiters are refused at once") {
  ledger book;
  pool<session> p{{.max_size = 1, .max_waiters = 0}, opening_from(book)};
  CHECK(p.acquire().error().code == errc::queue_full);
  CHECK(p.stats().rejected == 1);
}

TEST_CASE("a stop request before acquire constructs nothing") {
  ledger book;
  pool<session> p{{}, opening_from(book)};
  std::stop_source stop;
  stop.request_stop();
  CHECK(p.acquire({.stop = stop.get_token()}).error().code == errc::cancelled);
  CHECK(p.stats().opening == 0);
  CHECK(book.born == 0);
}

TEST_CASE("a stop request ends a wait, and the open goes on without its caller") {
  ledger book;
  gate may_open;
  pool<session> p{{.max_size = 1}, {.open = [&] {
                    may_open.wait();
                    return session{book};
                  }}};
  std::stop_source stop;
  auto caller = std::async(std::launch::async,
                           [&] { return p.acquire({.stop = stop.get_token()}).error().code; });
  until([&] { return p.stats().waiters == 1; });
  stop.request_stop();
  CHECK(caller.get() == errc::cancelled);
  CHECK(p.stats().cancelled == 1);
  may_open.open();
  until([&] { return p.stats().idle == 1; });
}

TEST_CASE("a stop request that comes too late changes nothing") {
  ledger book;
  pool<session> p{{}, opening_from(book)};
  std::stop_source stop;
  auto const lent = p.acquire({.stop = stop.get_token()});
  stop.request_stop();
  REQUIRE(lent);
  CHECK((*lent)->number() == 1);
  CHECK(p.stats().cancelled == 0);
}

TEST_CASE("a cancelled waiter does not swallow the return meant for the next") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  std::optional<lease<session>> held = p.acquire().value();
  std::stop_source stop;
  auto first = std::async(std::launch::async,
                          [&] { return p.acquire({.stop = stop.get_token()}).error().code; });
  until([&] { return p.stats().waiters == 1; });
  auto second = std::async(std::launch::async, [&] { return p.acquire().has_value(); });
  until([&] { return p.stats().waiters == 2; });
  stop.request_stop();
  held.reset();
  CHECK(first.get() == errc::cancelled);
  CHECK(second.get());
}

TEST_CASE("the options of the caller's source location and tag are accepted") {
  pool<int> p{{}, {.open = [] { return 1; }}};
  acquire_options options;
  options.tag = "checkout";
  CHECK(p.acquire(options, std::source_location::current()));
  CHECK(p.acquire_for(1s, std::source_location::current()));
}

TEST_CASE("a pool can be moved while leases are out") {
  ledger book;
  pool<session> first{{.max_size = 1}, opening_from(book)};
  auto lent = first.acquire().value();
  auto second = std::move(first);
  lent.release();
  CHECK(second.stats().idle == 1);
  second = pool<session>{{}, opening_from(book)};
  CHECK(book.alive == 0);
  CHECK(second.stats() == unused_stats);
}
