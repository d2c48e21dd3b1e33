// pool<T> under several threads that do everything at once, by chance. What must hold is checked
// while it goes on (nothing is lent twice, the cap) and at the end (everything is accounted for).

#include "base/random.hpp"
#include "support/balance.hpp"
#include "support/printing.hpp"
#include "threads/witness.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <stop_token>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t cap = 5;

pool_options stormy() {
  return {.max_size = cap,
          .min_idle = 2,
          .max_waiters = 6,
          .acquire_timeout = 5ms,
          .open_timeout = 1ms,
          .check_timeout = 1ms,
          .reset_timeout = 1ms,
          .close_timeout = 1ms,
          .open_concurrency = 2,
          .check_concurrency = 2,
          .backoff = {.initial = 10us, .limit = 100us},
          .scan_interval = 200us,
          .check_retries = 1,
          .idle_timeout = 1ms,
          .max_lifetime = 3ms,
          .returned = on_return::reset};
}

/// Every hook fails now and then, each in its own way, and open sometimes waits to be stopped.
blocking_endpoint<witness> unreliable(witness_book& book) {
  return {.open =
              [&book](hook_context const& context) {
                auto const turn = ++book.opens;
                if (turn % 13 == 0) {
                  throw std::runtime_error{"refused"};
                }
                if (turn % 31 == 0) {
                  while (!context.stop.stop_requested()) {
                    std::this_thread::yield();
                  }
                }
                return witness{book};
              },
          .check =
              [&book](witness& it, unsigned, hook_context const&) {
                auto const alone = it.use();
                auto const turn = ++book.checks;
                if (turn % 17 == 0) {
                  throw std::runtime_error{"no pulse"};
                }
                return turn % 5 != 0;
              },
          .reset =
              [&book](witness& it, hook_context const&) {
                auto const alone = it.use();
                return ++book.resets % 11 != 0;
              },
          .close =
              [&book](witness& it, hook_context const&) {
                auto const alone = it.use();
                if (++book.closes % 7 == 0) {
                  throw std::runtime_error{"stuck door"};
                }
              }};
}

void end_somehow(lease<witness> held, std::uint64_t chance) {
  {
    auto const alone = held->use();
    for (auto spins = chance % 64; spins > 0; --spins) {
      std::this_thread::yield();
    }
  }
  switch (chance % 16) {
  case 0:
    held.discard();
    return;
  case 1:
    static_cast<void>(held.detach());
    return;
  default:
    return;
  }
}

void one_call(pool<witness>& p, witness_book& book, std::uint64_t chance) {
  switch ((chance >> 8U) % 8) {
  case 0: {
    if (auto lent = p.try_acquire()) {
      end_somehow(std::move(*lent), chance);
    }
    return;
  }
  case 1: {
    std::stop_source stop;
    std::thread canceller{[&] { stop.request_stop(); }};
    auto lent = p.acquire({.stop = stop.get_token()});
    canceller.join();
    if (lent) {
      end_somehow(std::move(*lent), chance);
    }
    return;
  }
  case 2: {
    if (auto lent = p.acquire_for(10us)) {
      end_somehow(std::move(*lent), chance);
    }
    return;
  }
  case 3:
    p.add(witness{book});
    return;
  default:
    if (auto lent = p.acquire()) {
      end_somehow(std::move(*lent), chance);
    }
  }
}

void storm(pool<witness>& p, witness_book& book, std::uint64_t seed, int rounds) {
  random_source chance{seed};
  for (int round = 0; round < rounds; ++round) {
    one_call(p, book, chance.next());
  }
}

} // namespace

TEST_CASE("whatever several threads do to a pool, nothing is lent twice and all is accounted for") {
  witness_book book;
  {
    pool<witness> p{stormy(), unreliable(book)};
    std::vector<std::thread> callers;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      callers.emplace_back([&, seed] { storm(p, book, seed, 6000 / slowness); });
    }
    for (auto& each : callers) {
      each.join();
    }
    CHECK(p.close(20s) == 0);
    auto const end = p.stats();
    require_balance(end);
    CHECK(end.peak_live <= cap);
    CHECK(end.idle + end.leased + end.opening + end.closing + end.stuck + end.waiters == 0);
    CHECK(end.opened + end.added == end.closed + end.detached);
    CHECK(end.acquired > 0);
  }
  CHECK(book.overlaps == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("a pool may be closed and destroyed in the middle of it all, again and again") {
  witness_book book;
  for (std::uint64_t round = 1; round <= 40; ++round) {
    std::vector<std::thread> callers;
    lease<witness> survivor;
    {
      pool<witness> p{stormy(), unreliable(book)};
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        callers.emplace_back([&, seed] { storm(p, book, round * 100 + seed, 60); });
      }
      if (auto lent = p.acquire_for(1s)) {
        survivor = std::move(*lent);
      }
      p.close(round % 2 == 0 ? 100us : 0us);
      for (auto& each : callers) {
        each.join();
      }
      require_balance(p.stats());
    }
    survivor.release();
  }
  CHECK(book.overlaps == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("two threads pass one resource to and fro 100,000 times") {
  witness_book book;
  pool<witness> p{{.max_size = 1}, {.open = [&] { return witness{book}; }}};
  std::atomic<int> passes = 0;
  auto const play = [&] {
    for (int round = 0; round < 50'000 / slowness; ++round) {
      if (auto const lent = p.acquire()) {
        auto const alone = (*lent)->use();
        ++passes;
      }
    }
  };
  std::thread other{play};
  play();
  other.join();
  CHECK(passes == 100'000 / slowness);
  CHECK(p.stats().opened == 1);
  CHECK(p.stats().acquired == p.stats().returned);
  CHECK(book.overlaps == 0);
}
