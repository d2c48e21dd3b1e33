// What a pool tells its observer, and what callers get when resources or backends are not well.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

/// Writes down what it hears, a word each.
class listener final : public pool_observer {
 public:
  void opened(duration) override { say("opened"); }
  void open_failed(error_code, std::string_view detail, duration) override {
    say("open_failed: " + std::string{detail});
  }
  void acquired(duration) override { say("acquired"); }
  void waited(duration, error_code why) override { say("waited: " + why.message()); }
  void returned(duration) override { say("returned"); }
  void checked(bool ok, unsigned failures) override {
    say((ok ? "check ok " : "check failed ") + std::to_string(failures));
  }
  void closed(close_reason reason) override { say("closed " + std::string{name_of(reason)}); }
  void leaked(lease_info const& which) override { say("leaked by " + std::string{which.tag}); }
  void came_back(lease_info const& which, duration held) override {
    say("came back after " + std::string{held >= 1ms ? "long" : "short"} + " by " +
        std::string{which.tag});
  }

  [[nodiscard]] std::vector<std::string> heard() const {
    std::lock_guard const lock{mutex_};
    return heard_;
  }
  [[nodiscard]] bool has_heard(std::string const& what) const {
    auto const all = heard();
    return std::find(all.begin(), all.end(), what) != all.end();
  }

 private:
  void say(std::string what) {
    std::lock_guard const lock{mutex_};
    heard_.push_back(std::move(what));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

class thrower final : public pool_observer {
 public:
  void acquired(duration) override { throw std::runtime_error{"no"}; }
  void returned(duration) override { throw 1; }
};

} // namespace

TEST_CASE("an observer hears a resource's life in order") {
  ledger book;
  auto const ear = std::make_shared<listener>();
  pool_options options;
  options.max_size = 1;
  options.observer = ear;
  {
    pool<session> p{options, opening_from(book)};
    REQUIRE(p.acquire());
    auto held = p.acquire().value();
    held.discard();
    until([&] { return ear->has_heard("closed broken"); });
  }
  CHECK(ear->heard() == std::vector<std::string>{"opened", "acquired", "returned", "acquired",
                                                 "returned", "closed broken"});
}

TEST_CASE("an observer hears of opens that fail and of callers that waited in vain") {
  auto const ear = std::make_shared<listener>();
  pool_options options;
  options.observer = ear;
  options.backoff = {.initial = 10s, .limit = 10s, .jitter = 0};
  pool<int> p{options, {.open = []() -> int { throw std::runtime_error{"no route"}; }}};
  CHECK(p.acquire_for(5ms).error().code == errc::timed_out);
  until([&] { return ear->has_heard("open_failed: no route"); });
  until([&] { return ear->has_heard("waited: no resource became idle before the deadline"); });
}

TEST_CASE("what an observer throws is counted and harms nobody") {
  ledger book;
  pool_options options;
  options.observer = std::make_shared<thrower>();
  pool<session> p{options, opening_from(book)};
  REQUIRE(p.acquire());
  auto const now = p.stats();
  CHECK(now.observer_errors == 2);
  CHECK(now.idle == 1);
}

TEST_CASE("a lease held for too long is reported with its tag, and again when it comes back") {
  ledger book;
  auto const ear = std::make_shared<listener>();
  pool_options options;
  options.observer = ear;
  options.leak_threshold = 1ms;
  pool<session> p{options, opening_from(book)};
  acquire_options tagged;
  tagged.tag = "nightly job";
  {
    auto const held = p.acquire(tagged);
    REQUIRE(held);
    until([&] { return ear->has_heard("leaked by nightly job"); });
    CHECK(p.leases().at(0).overdue);
  }
  CHECK(ear->has_heard("came back after long by nightly job"));
  CHECK(p.stats().leaked == 1);
}

TEST_CASE("a lease that is never given back loses its place, if the options say so") {
  ledger book;
  pool_options options;
  options.max_size = 1;
  options.leak_threshold = 1ms;
  options.reclaim_after = 2ms;
  pool<session> p{options, opening_from(book)};
  auto lost = p.acquire().value();
  auto const another = p.acquire();
  REQUIRE(another);
  CHECK(lost->number() == 1); // still there for whoever holds it
  CHECK((*another)->number() == 2);
  lost.release();
  until([&] { return p.stats().closed_by[close_reason::surplus] == 1; });
  CHECK(p.stats().reclaimed >= 1); // the second is overdue too, where 2 ms pass before the end
}

TEST_CASE("a resource that looks dead is replaced before the caller gets it") {
  ledger book;
  std::atomic<int> dead = 0;
  auto endpoint = opening_from(book);
  endpoint.look = [&dead](session& that) { return that.number() != dead; };
  pool<session> p{{.max_size = 2}, endpoint};
  REQUIRE(p.acquire());
  dead = 1;
  auto const lent = p.acquire();
  REQUIRE(lent);
  CHECK((*lent)->number() == 2);
  until([&] { return p.stats().closed == 1; });
  auto const now = p.stats();
  CHECK(now.evicted_by[close_reason::stale] == 1);
  CHECK(now.acquired == 2);
  require_balance(now);
}

TEST_CASE("who found only what looks dead is heard of once, however often that was") {
  auto const heard = std::make_shared<listener>();
  std::atomic<bool> dead = false;
  pool<int> p{{.max_size = 1, .observer = heard},
              {.open = [] { return 1; }, .look = [&](int&) { return !dead; }}};
  CHECK(p.acquire());
  dead = true;
  CHECK(p.acquire_for(20ms).error().code == errc::timed_out);
  auto const all = heard->heard();
  CHECK(std::count(all.begin(), all.end(), "acquired") == 1);
  CHECK(std::count(all.begin(), all.end(),
                   "waited: " + make_error_code(errc::timed_out).message()) == 1);
  CHECK(std::count(all.begin(), all.end(), "opened") < 5); // each pause is at least 25 ms
}

TEST_CASE("a look that throws counts as dead") {
  ledger book;
  auto endpoint = opening_from(book);
  endpoint.look = [](session& that) -> bool {
    return that.number() == 1 ? throw std::runtime_error{"gone"} : true;
  };
  pool<session> p{{.max_size = 1}, endpoint};
  auto const lent = p.acquire();
  REQUIRE(lent);
  CHECK((*lent)->number() == 2);
}

TEST_CASE("with always, a resource is checked before every lease") {
  ledger book;
  std::atomic<int> checks = 0;
  auto endpoint = opening_from(book);
  endpoint.check = [&checks](session& that) {
    ++checks;
    return that.number() != 1; // the first one dies as soon as it has been used
  };
  pool_options options;
  options.check_on_acquire = acquire_check::always;
  pool<session> p{options, endpoint};
  CHECK(p.acquire().value()->number() == 1);
  CHECK(p.acquire().value()->number() == 2);
  CHECK(checks == 1);
  CHECK(p.acquire().value()->number() == 2);
  CHECK(checks == 2);
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 1);
}

TEST_CASE("callers that want to fail fast are told what the open said") {
  pool_options options;
  options.when_down = while_down::fail_fast;
  options.backoff = {.initial = 10s, .limit = 10s, .jitter = 0};
  pool<int> p{options, {.open = []() -> int { throw std::runtime_error{"no route"}; }}};
  for (int i = 0; i < 3; ++i) {
    auto const refused = p.acquire();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::open_failed);
    CHECK(refused.error().detail == "no route");
  }
  CHECK(p.stats().open_failed == 1);
}

TEST_CASE("barging threads share few resources, and nobody is left behind") {
  ledger book;
  pool_options options;
  options.max_size = 2;
  options.fair = fairness::barging;
  pool<session> p{options, opening_from(book)};
  std::atomic<int> served = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 500; ++round) {
          auto const lent = p.acquire();
          served += lent.has_value() ? 1 : 0;
        }
      });
    }
  }
  CHECK(served == 8 * 500);
  auto const now = p.stats();
  CHECK(now.waiters == 0);
  CHECK(now.acquired == 8 * 500);
  require_balance(now);
}

TEST_CASE("a caller that barges waits no longer than its deadline") {
  ledger book;
  pool_options options;
  options.max_size = 1;
  options.fair = fairness::barging;
  pool<session> p{options, opening_from(book)};
  auto const held = p.acquire();
  CHECK(p.acquire_for(2ms).error().code == errc::timed_out);
}
