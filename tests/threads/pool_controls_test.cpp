// How the owner of a pool steers it and looks at it: resize, invalidate, suspend, evict_idle,
// leases, durations.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

using held_leases = std::vector<lease<session>>;

held_leases hold(pool<session>& p, std::size_t count) {
  held_leases held;
  while (held.size() < count) {
    held.push_back(p.acquire().value());
  }
  return held;
}

} // namespace

TEST_CASE("a pool that grew lends more, and nobody's resource moves") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  auto held = hold(p, 2);
  auto const* const first = &*held[0];
  REQUIRE(p.try_acquire().has_error());
  REQUIRE(p.resize(40));
  auto const more = hold(p, 38);
  CHECK(p.try_acquire().has_error());
  CHECK(&*held[0] == first);
  CHECK(p.stats().leased == 40);
  require_balance(p.stats());
}

TEST_CASE("a caller that waits is served when the pool grows") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  auto const held = hold(p, 1);
  auto waiting = std::async(std::launch::async, [&p] { return p.acquire().has_value(); });
  until([&] { return p.stats().waiters == 1; });
  REQUIRE(p.resize(2));
  CHECK(waiting.get());
}

TEST_CASE("a pool that shrinks closes idle ones at once and leases as they come back") {
  ledger book;
  pool<session> p{{.max_size = 4}, opening_from(book)};
  auto held = hold(p, 4);
  held.pop_back();
  until([&] { return p.stats().idle == 1; });
  REQUIRE(p.resize(2));
  until([&] { return p.stats().closed_by[close_reason::surplus] == 1; });
  held.pop_back();
  until([&] { return p.stats().closed_by[close_reason::surplus] == 2; });
  held.pop_back();
  until([&] { return p.stats().idle == 1; });
  CHECK(p.stats().leased == 1);
}

TEST_CASE("a size that no pool can have is refused with what is allowed") {
  ledger book;
  pool<session> p{{.max_size = 4, .min_idle = 2}, opening_from(book)};
  auto const refused = p.resize(1);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == boost::system::errc::invalid_argument);
  CHECK(refused.error().detail == "max_size is 1, allowed is 2 (min_idle) to 16777216");
  p.close();
  CHECK(p.resize(3).error().code == errc::closed);
}

TEST_CASE("after invalidate nothing of before is lent") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  auto held = hold(p, 2);
  held.pop_back();
  p.invalidate();
  until([&] { return p.stats().closed == 1; });
  held.clear();
  until([&] { return p.stats().closed_by[close_reason::stale] == 2; });
  auto const fresh = p.acquire();
  REQUIRE(fresh);
  CHECK((*fresh)->number() == 3);
}

TEST_CASE("a suspended pool lends nothing, and serves those that waited when it resumes") {
  ledger book;
  pool<session> p{{.max_size = 2, .min_idle = 1}, opening_from(book)};
  until([&] { return p.stats().idle == 1; });
  p.suspend();
  CHECK(p.try_acquire().error().code == errc::suspended);
  CHECK(p.acquire_for(1ms).error().code == errc::timed_out);
  auto waiting = std::async(std::launch::async, [&p] { return p.acquire().has_value(); });
  until([&] { return p.stats().waiters == 1; });
  CHECK(p.stats().idle == 1);
  p.resume();
  CHECK(waiting.get());
}

TEST_CASE("evict_idle closes what is idle and says how many") {
  ledger book;
  pool<session> p{{.max_size = 4}, opening_from(book)};
  auto held = hold(p, 3);
  held.resize(1);
  CHECK(p.evict_idle() == 2);
  until([&] { return p.stats().closed == 2; });
  CHECK(p.stats().evicted_by[close_reason::idle] == 2);
  CHECK(p.stats().leased == 1);
}

TEST_CASE("leases names who holds what, and since when") {
  ledger book;
  pool<session> p{{.max_size = 2}, opening_from(book)};
  CHECK(p.leases().empty());
  auto const before = std::chrono::steady_clock::now();
  acquire_options tagged;
  tagged.tag = "report";
  auto const line = std::source_location::current().line() + 1;
  auto const held = p.acquire(tagged);
  REQUIRE(held);
  auto const now = p.leases();
  REQUIRE(now.size() == 1);
  CHECK(now[0].tag == "report");
  CHECK(now[0].where.line() == line);
  CHECK(now[0].since >= before);
  CHECK_FALSE(now[0].overdue);
}

TEST_CASE("durations are recorded if the options ask for it") {
  ledger book;
  pool<session> quiet{{.max_size = 1}, opening_from(book)};
  static_cast<void>(quiet.acquire());
  CHECK(quiet.durations().wait.count == 0);

  pool_options options;
  options.durations = recording::on;
  pool<session> p{options, opening_from(book)};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(p.acquire());
  }
  auto const recorded = p.durations();
  CHECK(recorded.wait.count == 3);
  CHECK(recorded.open.count == 1);
  CHECK(recorded.use.count == 3);
  CHECK(recorded.wait.min <= recorded.wait.p50);
  CHECK(recorded.wait.p99_9 <= recorded.wait.max);
  CHECK(recorded.wait.at_most.back().second == 3);
  auto const text = prometheus_text("a \"pool\"", p.stats(), recorded);
  CHECK_THAT(text, Catch::Contains("conecta_pool_opened_total{pool=\"a \\\"pool\\\"\"} 1\n"));
  CHECK_THAT(text, Catch::Contains("conecta_pool_use_seconds_count{pool=\"a \\\"pool\\\"\"} 3\n"));
}

TEST_CASE("a page of several pools has each family once") {
  ledger book;
  pool<session> one{{.max_size = 3}, opening_from(book)};
  pool<session> other{{.max_size = 5}, opening_from(book)};
  std::vector<pool_figures> const both{{"one", one.stats()}, {"other", other.stats()}};
  auto const text = prometheus_text(both);
  CHECK_THAT(text, Catch::Contains("# TYPE conecta_pool_max_size gauge\n"
                                   "conecta_pool_max_size{pool=\"one\"} 3\n"
                                   "conecta_pool_max_size{pool=\"other\"} 5\n"
                                   "# HELP "));
}

TEST_CASE("an order of the user's own decides who is lent next") {
  // The resource in the lowest slot first.
  class lowest_first final : public idle_store {
   public:
    void insert(std::uint32_t slot) noexcept override { idle_.at(slot) = true; }
    void erase(std::uint32_t slot) noexcept override { idle_.at(slot) = false; }
    std::uint32_t next() noexcept override {
      std::uint32_t slot = 0;
      while (!idle_.at(slot)) {
        ++slot;
      }
      return slot;
    }

   private:
    std::vector<bool> idle_ = std::vector<bool>(3);
  };
  ledger book;
  pool_options options;
  options.max_size = 3;
  options.store = std::make_shared<lowest_first>();
  pool<session> p{options, opening_from(book)};
  auto held = hold(p, 3);
  auto const numbers = std::vector{held[0]->number(), held[1]->number(), held[2]->number()};
  for (auto const which : {2U, 0U, 1U}) { // neither lifo nor fifo would lend them in order
    held[which].release();
  }
  for (auto const number : numbers) {
    held.push_back(p.acquire().value());
    CHECK(held.back()->number() == number);
  }
}
