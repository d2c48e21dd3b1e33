// A million resources in one pool, all of them in use at once. Built without the checks after every
// event, each of which looks at every slot.

#include "support/balance.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

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
