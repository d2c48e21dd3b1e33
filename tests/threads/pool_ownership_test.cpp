// Resources that come in and go out by other ways: add, detach, discard.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <optional>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

/// Its move throws when it is told to.
struct fragile {
  bool* breaks = nullptr;
  explicit fragile(bool* flag) : breaks{flag} {}
  fragile(fragile&& other) : breaks{other.breaks} {
    if (*breaks) {
      throw std::runtime_error{"dropped while it was moved"};
    }
  }
};

} // namespace

TEST_CASE("an added resource is lent before anything is opened") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  session own{book};
  REQUIRE(p.add(std::move(own)));
  auto const lent = p.acquire();
  CHECK((*lent)->number() == 1);
  CHECK(p.stats().added == 1);
  CHECK(p.stats().opened == 0);
  require_balance(p.stats());
}

TEST_CASE("an added resource serves a waiter") {
  auto const broken = []() -> std::unique_ptr<int> { throw std::runtime_error{"down"}; };
  pool<std::unique_ptr<int>> p{{.max_size = 1, .backoff = {.initial = 1h, .limit = 1h}},
                               {.open = broken}};
  std::thread helper{[&] {
    until([&] { return p.stats().waiters == 1 && p.stats().open_failed == 1; });
    auto own = std::make_unique<int>(7);
    p.add(std::move(own));
  }};
  auto const lent = p.acquire();
  helper.join();
  REQUIRE(lent);
  CHECK(***lent == 7);
}

TEST_CASE("a resource that a full pool refuses stays with the caller") {
  pool<std::unique_ptr<int>> p{{.max_size = 1}, {.open = [] { return std::make_unique<int>(1); }}};
  auto const held = p.acquire();
  auto own = std::make_unique<int>(2);
  auto const refused = p.try_add(std::move(own));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::exhausted);
  CHECK(refused.error().counts.leased == 1);
  REQUIRE(own != nullptr);
  p.close();
  CHECK(p.try_add(std::move(own)).error().code == errc::closed);
  CHECK(own != nullptr);
}

TEST_CASE("a detached resource lives on, and its place is free") {
  ledger book;
  std::optional<session> taken;
  {
    pool<session> p{{.max_size = 1}, opening_from(book)};
    taken.emplace(p.acquire().value().detach());
    CHECK(p.stats().detached == 1);
    CHECK(p.stats().leased == 0);
    auto const next = p.acquire();
    CHECK((*next)->number() == 2);
    require_balance(p.stats());
  }
  CHECK(book.alive == 1);
}

TEST_CASE("a detach that frees the only place lets a waiter's open begin") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  auto held = p.acquire().value();
  std::optional<session> taken;
  std::thread helper{[&] {
    until([&] { return p.stats().waiters == 1; });
    taken.emplace(held.detach());
  }};
  auto const lent = p.acquire();
  helper.join();
  CHECK((*lent)->number() == 2);
}

TEST_CASE("a discarded resource is closed, and the next caller gets another") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  p.acquire().value().discard();
  auto const next = p.acquire();
  REQUIRE(next);
  CHECK((*next)->number() == 2);
  CHECK(p.stats().closed_by[close_reason::broken] == 1);
  CHECK(p.stats().evicted_by[close_reason::broken] == 0); // somebody held it
  require_balance(p.stats());
}

TEST_CASE("a discard says why") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  p.acquire().value().discard(close_reason::stale);
  p.acquire().value().discard(close_reason::discarded);
  p.close(10s);
  CHECK(p.stats().closed_by[close_reason::stale] == 1);
  CHECK(p.stats().closed_by[close_reason::discarded] == 1);
}

TEST_CASE("a move that throws while detaching leaves the lease as it was") {
  bool breaks = false;
  pool<fragile> p{{.max_size = 1}, {.open = [&] { return fragile{&breaks}; }}};
  auto lent = p.acquire().value();
  breaks = true;
  CHECK_THROWS_AS(lent.detach(), std::runtime_error);
  breaks = false;
  CHECK(lent.valid());
  lent.release();
  CHECK(p.stats().idle == 1);
}

TEST_CASE("a move that throws while adding costs no capacity") {
  bool breaks = false;
  pool<fragile> p{{.max_size = 1}, {.open = [&] { return fragile{&breaks}; }}};
  fragile own{&breaks};
  breaks = true;
  CHECK_THROWS_AS(p.add(std::move(own)), std::runtime_error);
  breaks = false;
  CHECK(p.stats().opening == 0);
  CHECK(p.add(std::move(own)));
}

TEST_CASE("a lease that is assigned to gives back what it held") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  auto first = p.acquire().value();
  auto second = p.acquire().value();
  first = std::move(second);
  CHECK(first.valid());
  CHECK(!second.valid());
  CHECK(p.stats().idle == 1);
  CHECK(p.stats().leased == 1);
}
