// Pools in numbers that nobody plans for: a thousand in one process, one of a single place that
// grows to a million. A million that are all in use: million_test.cpp.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <malloc.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

int threads_of_this_process() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word == "Threads:") {
      int number = 0;
      status >> number;
      return number;
    }
  }
  return -1;
}

/// Bytes that are allocated; always 0 under a sanitizer, which has its own way to find a leak.
std::size_t allocated() { return ::mallinfo2().uordblks; }

constexpr int thousand = 1000;

/// Each is used and each holds a resource when the last one is built.
void use_a_thousand_pools_at_once() {
  ledger book;
  {
    std::vector<pool<session>> pools;
    std::vector<lease<session>> leases;
    for (int i = 0; i < thousand; ++i) {
      auto& p = pools.emplace_back(pool_options{.max_size = 2}, opening_from(book));
      leases.push_back(p.acquire().value());
    }
    CHECK(book.alive == thousand);
    CHECK(threads_of_this_process() > thousand);
    leases.clear();
    for (auto& p : pools) {
      CHECK(p.stats().idle == 1);
      p.close();
    }
  }
  CHECK(book.alive == 0);
}

} // namespace

TEST_CASE("a thousand pools live in one process, and leave neither threads nor memory") {
  auto const threads = threads_of_this_process();
  use_a_thousand_pools_at_once(); // what a process allocates once is allocated here
  auto const memory = allocated();
  use_a_thousand_pools_at_once();
  use_a_thousand_pools_at_once();
  // A thread that was joined may take a moment to leave the list of the system.
  until([&] { return threads_of_this_process() <= threads; });
  CHECK(allocated() < memory + 64 * thousand); // less than 32 bytes a pool
}

TEST_CASE("a thousand pools one after the other leave neither threads nor memory") {
  ledger book;
  auto const one_after_the_other = [&] {
    for (int i = 0; i < thousand; ++i) {
      pool<session> p{{.max_size = 2}, opening_from(book)};
      auto const lent = p.acquire();
      CHECK(lent);
    }
  };
  auto const threads = threads_of_this_process();
  one_after_the_other();
  auto const memory = allocated();
  one_after_the_other();
  until([&] { return threads_of_this_process() <= threads; });
  CHECK(allocated() < memory + 32 * thousand);
  CHECK(book.born == 2 * thousand);
  CHECK(book.alive == 0);
}

TEST_CASE("a pool of one grows to a million and shrinks to one again") {
  constexpr std::size_t million = 1'000'000;
  ledger book;
  {
    pool<session> p{{.max_size = 1}, opening_from(book)};
    auto first = p.acquire().value();
    CHECK(!p.acquire_for(5ms));
    REQUIRE(p.resize(million));
    auto second = p.acquire().value();
    CHECK(first->number() == 1);
    CHECK(second->number() == 2);
    REQUIRE(p.resize(1));
    second.release();
    until([&] { return p.stats().closed == 1; });
    CHECK(!p.acquire_for(5ms));
    first.release();
    CHECK(p.stats().idle == 1);
    REQUIRE(p.resize(million));
    REQUIRE(p.resize(1));
    CHECK(p.acquire().value()->number() == 1);
    CHECK(p.close(20s) == 0);
    require_balance(p.stats());
  }
  CHECK(book.alive == 0);
}
