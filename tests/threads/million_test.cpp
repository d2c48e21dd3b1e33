// A million resources in one pool, all of them in use at once. Built without the checks after every
// event, each of which looks at every slot.

#include "support/balance.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/asio_pool.hpp>
#include <conecta/pool.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

double allocated() {
  auto const now = ::mallinfo2();
  return static_cast<double>(now.uordblks + now.hblkhd);
}

// Each of a pool of so many in which each slot has been opened and all hooks have ended.

double with_threads(pool_options const& options) {
  auto const before = allocated();
  pool<std::uint64_t> p{options, {.open = [] { return std::uint64_t{1}; }}};
  until([&] { return p.stats().idle == options.max_size; });
  return allocated() - before;
}

double with_asio(pool_options const& options) {
  boost::asio::io_context context;
  auto const open_one = [](hook_context const&) -> boost::asio::awaitable<std::uint64_t> {
    co_return std::uint64_t{1};
  };
  auto const before = allocated();
  asio_pool<std::uint64_t> p{context.get_executor(), options, {.open = open_one}};
  while (p.stats().idle < options.max_size) {
    context.run_one();
  }
  return allocated() - before;
}

template <class Measure>
double bytes_a_slot_beside_its_resource(pool_options options, Measure const& measure) {
  constexpr std::size_t few = 1'000;
  constexpr std::size_t many = 100'000;
  auto const allocated_for = [&](std::size_t slots) {
    options.max_size = slots;
    options.min_idle = slots;
    return measure(options);
  };
  auto const more = allocated_for(many) - allocated_for(few);
  return more / static_cast<double>(many - few) - sizeof(std::uint64_t);
}

} // namespace

TEST_CASE("a slot takes at most 128 bytes beside its resource") {
  auto const by_default = bytes_a_slot_beside_its_resource({}, with_threads);
  auto const with_a_gate =
      bytes_a_slot_beside_its_resource({.borrowers = recording::off}, with_threads);
  auto const in_asio = bytes_a_slot_beside_its_resource({}, with_asio);
  std::printf("bytes a slot: %.1f, with a gate %.1f, in an asio_pool %.1f\n", by_default,
              with_a_gate, in_asio);
  CHECK(by_default <= 128);
  CHECK(with_a_gate <= 128);
  CHECK(in_asio <= 128);
}

TEST_CASE("a pool of a million lends as many, and closes them all") {
  constexpr std::size_t million = 1'000'000;
  pool<int> p{{.max_size = million, .idle_timeout = std::nullopt}, {.open = [] { return 1; }}};
  {
    std::vector<lease<int>> leases;
    leases.reserve(million);
    for (std::size_t i = 0; i < million; ++i) {
      if (!p.add(1)) {
        FAIL("no place for number " << i);
      }
    }
    CHECK(!p.add(1));
    for (std::size_t i = 0; i < million; ++i) {
      leases.push_back(p.acquire().value());
    }
    CHECK(p.stats().leased == million);
    CHECK(p.leases().size() == million);
    CHECK(p.try_acquire().error().code == errc::exhausted);
  }
  CHECK(p.stats().idle == million);
  REQUIRE(p.resize(million / 2));
  until([&] { return p.stats().closed == million - million / 2; });
  CHECK(p.close(60s) == 0);
  CHECK(p.stats().closed == million);
  require_balance(p.stats());
}

TEST_CASE("however many died while they were idle, the next caller looks at one after the other") {
  constexpr int dead = 100'000; // nested, these looks would need more stack than there is
  boost::asio::io_context io;
  asio_endpoint<int> endpoint;
  endpoint.open = [dead](hook_context const&) -> boost::asio::awaitable<int> { co_return dead; };
  endpoint.look = [dead](int& number) { return number >= dead; };
  asio_pool<int> p{io.get_executor(), {.max_size = dead}, std::move(endpoint)};
  for (int number = 0; number < dead; ++number) {
    REQUIRE(p.add(int{number}));
  }
  int lent = 0;
  p.async_acquire([&](error_code, lease<int> got) {
    lent = got.valid() ? *got : -1;
    p.close();
  });
  io.run();
  CHECK(lent == dead);
  CHECK(p.stats().closed_by[close_reason::stale] == dead);
}
