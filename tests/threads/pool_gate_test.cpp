// pool<T> with borrowers off: leases come from the gate while nothing is pending. Whatever else
// happens goes through the lock, and nothing of it may be missed.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"
#include "threads/witness.hpp"

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

pool_options quick(std::size_t max_size) {
  pool_options options;
  options.max_size = max_size;
  options.borrowers = recording::off;
  return options;
}

/// Until the gate is open: it opens after some events in which nothing was pending.
template <class Pool>
void warm_up(Pool& p) {
  for (int i = 0; i < 200; ++i) {
    static_cast<void>(p.acquire().value());
  }
}

} // namespace

TEST_CASE("every figure is exact while the gate is open") {
  ledger book;
  pool<session> p{quick(4), opening_from(book)};
  warm_up(p);
  auto const before = p.stats();
  auto first = p.acquire().value();
  auto second = p.try_acquire();
  auto const during = p.stats();
  CHECK(during.acquired == before.acquired + (second ? 2 : 1));
  CHECK(during.leased == (second ? 2 : 1));
  require_balance(during);
  first.release();
  CHECK(p.stats().returned == before.returned + 1);
  CHECK(p.leases().empty());
}

TEST_CASE("a lease from the gate can be discarded, detached, and outlive its pool") {
  ledger book;
  std::optional<lease<session>> last;
  {
    pool<session> p{quick(2), opening_from(book)};
    warm_up(p);
    p.acquire().value().discard();
    until([&] { return book.alive == 0; });
    warm_up(p);
    auto const taken = p.acquire().value().detach();
    CHECK(book.alive == 1);
    warm_up(p);
    last = p.acquire().value();
    require_balance(p.stats());
  }
  CHECK(book.alive == 1);
  last.reset();
  CHECK(book.alive == 0);
}

TEST_CASE("who finds nothing idle waits, and is served by a return") {
  ledger book;
  pool<session> p{quick(1), opening_from(book)};
  warm_up(p);
  auto held = p.acquire().value();
  auto waiting = std::async(std::launch::async, [&p] { return p.acquire().has_value(); });
  until([&] { return p.stats().waiters == 1; });
  held.release();
  CHECK(waiting.get());
}

TEST_CASE("a resource past its lifetime is replaced though it is always in use") {
  ledger book;
  auto options = quick(1);
  options.max_lifetime = 5ms;
  options.lifetime_jitter = 0;
  pool<session> p{options, opening_from(book)};
  until([&] { return p.acquire().value()->number() > 3; });
  CHECK(p.stats().closed_by[close_reason::lifetime] >= 3);
}

TEST_CASE("what is idle for too long is closed though it came back through the gate") {
  ledger book;
  auto options = quick(4);
  options.idle_timeout = 2ms;
  options.scan_interval = 1ms;
  pool<session> p{options, opening_from(book)};
  warm_up(p);
  until([&] { return p.stats().closed_by[close_reason::idle] >= 1; });
  CHECK(book.alive + static_cast<int>(p.stats().closed_by[close_reason::idle]) == book.born);
}

TEST_CASE("a resource that does not look alive is replaced before it is lent by the gate") {
  ledger book;
  std::atomic<int> dead = 0;
  auto endpoint = opening_from(book);
  endpoint.look = [&dead](session& it) { return it.number() > dead; };
  pool<session> p{quick(1), endpoint};
  warm_up(p);
  dead = 1;
  CHECK(p.acquire().value()->number() == 2);
  CHECK(p.stats().closed_by[close_reason::stale] == 1);
}

TEST_CASE("what the gate has lent for long says nothing of the backend when it dies") {
  auto options = quick(3);
  options.backoff = {.initial = 10s, .limit = 10s, .jitter = 0};
  std::atomic<int> opened = 0;
  std::atomic<bool> dead = false;
  pool<int> p{options,
              {.open = [&] { return ++opened; }, .look = [&](int& n) { return !dead || n != 1; }}};
  {
    auto const one = p.acquire();
    auto const other = p.acquire();
  }
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(p.acquire());
  }
  dead = true;
  auto const one = p.acquire_for(5s);
  auto const other = p.acquire_for(5s);
  CHECK(one);
  CHECK(other);
}

TEST_CASE("a pool that grew and shrank lends to its new size") {
  ledger book;
  pool<session> p{quick(1), opening_from(book)};
  warm_up(p);
  REQUIRE(p.resize(3));
  {
    auto const one = p.acquire().value();
    auto const two = p.acquire().value();
    auto const three = p.acquire().value();
    CHECK(p.try_acquire().has_error());
  }
  warm_up(p);
  REQUIRE(p.resize(1));
  auto const only = p.acquire().value();
  CHECK(p.try_acquire().has_error());
  require_balance(p.stats());
}

TEST_CASE("threads that borrow while the owner does everything else") {
  witness_book book;
  auto options = quick(4);
  options.scan_interval = 300us;
  options.idle_timeout = 2ms;
  options.max_lifetime = 5ms;
  options.acquire_timeout = 20s;
  blocking_endpoint<witness> endpoint{.open = [&book] { return witness{book}; },
                                      .check =
                                          [](witness& it, unsigned, hook_context const&) {
                                            auto const alone = it.use();
                                            return true;
                                          }};
  pool<witness> p{options, endpoint};
  std::atomic<bool> done = false;
  auto const borrow = [&](unsigned number) {
    std::uint64_t count = 0;
    while (!done) {
      auto held = p.acquire().value();
      static_cast<void>(held->use());
      if (++count % 97 == number) {
        held.discard();
      }
    }
    return count;
  };
  std::vector<std::future<std::uint64_t>> all;
  for (unsigned number = 0; number < 3; ++number) {
    all.push_back(std::async(std::launch::async, borrow, number));
  }
  for (std::size_t round = 0; round < 60 / slowness; ++round) {
    auto const seen = p.stats().acquired;
    until([&] { return p.stats().acquired > seen + 300; });
    require_balance(p.stats());
    switch (round % 4) {
    case 0:
      p.invalidate();
      break;
    case 1:
      REQUIRE(p.resize(2 + round % 5));
      break;
    case 2:
      static_cast<void>(p.evict_idle());
      break;
    default:
      p.suspend();
      p.resume();
    }
  }
  done = true;
  std::uint64_t pairs = 0;
  for (auto& each : all) {
    pairs += each.get();
  }
  auto const end = p.stats();
  CHECK(end.acquired == pairs);
  CHECK(end.leased == 0);
  CHECK(book.overlaps == 0);
  require_balance(end);
}
