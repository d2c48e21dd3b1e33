// The hooks: their shorter forms, what they throw, and what happens at their timeouts.

#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

TEST_CASE("every hook may leave out the arguments that it does not need") {
  pool_options const options{.max_size = 1, .scan_interval = 1ms, .returned = on_return::reset};
  std::atomic<int> checks = 0;
  std::atomic<int> resets = 0;
  std::atomic<int> closes = 0;
  SECTION("the short forms") {
    pool<int> p{options,
                {.open = [] { return 1; },
                 .check = [&](int&) { return ++checks > 0; },
                 .reset = [&](int&) { return ++resets > 0; },
                 .close = [&](int&) { ++closes; }}};
    CHECK(p.acquire());
    until([&] { return checks > 0 && resets > 0; });
    p.close(10s);
    CHECK(closes == 1);
  }
  SECTION("the full forms") {
    pool<int> p{options,
                {.open = [](hook_context const&) { return 1; },
                 .check = [&](int&, unsigned, hook_context const&) { return ++checks > 0; },
                 .reset = [&](int&, hook_context const&) { return ++resets > 0; },
                 .close = [&](int&, hook_context const&) { ++closes; }}};
    CHECK(p.acquire());
    until([&] { return checks > 0 && resets > 0; });
    p.close(10s);
    CHECK(closes == 1);
  }
  SECTION("no argument at all") {
    pool<int> p{options,
                {.open = [] { return 1; },
                 .check = [&] { return ++checks > 0; },
                 .reset = [&] { return ++resets > 0; },
                 .close = [&] { ++closes; }}};
    CHECK(p.acquire());
    until([&] { return checks > 0 && resets > 0; });
    p.close(10s);
    CHECK(closes == 1);
  }
}

TEST_CASE("a hook may be an object that is made of something else") {
  struct dialer {
    explicit dialer(std::string to) : host{std::move(to)} {}
    std::string operator()() const { return host; }
    std::string host;
  };
  pool<std::string> p{{}, {.open = dialer{"db"}}};
  CHECK(*p.acquire().value() == "db");
}

TEST_CASE("a hook that holds nothing is none") {
  bool (*const no_check)(int&) = nullptr;
  std::function<bool(int&)> const no_reset;
  pool<int> p{{.max_size = 1, .scan_interval = 1ms, .returned = on_return::reset},
              {.open = [] { return 1; }, .check = no_check, .reset = no_reset}};
  CHECK(p.acquire());
  CHECK(p.stats().idle == 1);
}

TEST_CASE("an open that throws costs no capacity") {
  std::atomic<int> opens = 0;
  pool<int> p{{.max_size = 1, .backoff = {.initial = 1ms, .limit = 1ms}}, {.open = [&] {
                auto const number = ++opens;
                if (number < 4) {
                  throw number; // no exception type at all
                }
                return number;
              }}};
  auto const lent = p.acquire();
  REQUIRE(lent);
  CHECK(**lent == 4);
  CHECK(p.stats().open_failed == 3);
  require_balance(p.stats());
}

TEST_CASE("a check that throws counts as failed, and the resource is replaced") {
  ledger book;
  pool_options const options{
      .max_size = 1, .min_idle = 1, .scan_interval = 1ms, .check_retries = 1};
  pool<session> p{options,
                  {.open = [&] { return session{book}; },
                   .check =
                       [](session& it) {
                         if (it.number() == 1) {
                           throw std::runtime_error{"no pulse"};
                         }
                         return true;
                       }}};
  until([&] { return p.stats().opened == 2 && p.stats().checks_ok > 0; });
  CHECK(p.stats().checks_failed == 2);
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 1);
  CHECK(p.stats().evicted_by[close_reason::unhealthy] == 1);
}

TEST_CASE("a check is told how often it has failed so far") {
  std::atomic<unsigned> most = 0;
  pool_options const options{
      .max_size = 1, .min_idle = 1, .scan_interval = 1ms, .check_retries = 3};
  pool<int> p{options,
              {.open = [] { return 1; },
               .check =
                   [&](int&, unsigned failures, hook_context const&) {
                     most = std::max(most.load(), failures);
                     return false;
                   }}};
  until([&] { return p.stats().closed_by[close_reason::unhealthy] > 0; });
  CHECK(most == 3);
}

TEST_CASE("a reset that throws or says no closes the resource") {
  ledger book;
  pool<session> p{{.max_size = 1, .returned = on_return::reset},
                  {.open = [&] { return session{book}; },
                   .reset =
                       [](session& it) {
                         if (it.number() == 1) {
                           throw std::runtime_error{"unclean"};
                         }
                         return it.number() != 2;
                       }}};
  for (int expected = 1; expected <= 3; ++expected) {
    CHECK((*p.acquire())->number() == expected);
  }
  CHECK((*p.acquire())->number() == 3);
  until([&] { return p.stats().idle == 1; });
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 2);
  require_balance(p.stats());
}

TEST_CASE("a close that throws has closed all the same") {
  ledger book;
  pool<session> p{{.max_size = 1},
                  {.open = [&] { return session{book}; },
                   .close = [](session&) { throw std::runtime_error{"stuck door"}; }}};
  p.acquire().value().discard();
  CHECK((*p.acquire())->number() == 2);
  p.close(10s);
  CHECK(book.alive == 0);
  CHECK(p.stats().closed == 2);
}

TEST_CASE("at its timeout an open is asked to stop, and keeps its slot until it returns") {
  gate told;
  gate may_return;
  pool<int> p{{.max_size = 1, .open_timeout = 5ms}, {.open = [&](hook_context const& context) {
                gate never_opens;
                never_opens.wait(context.stop);
                told.open();
                may_return.wait();
                return 7;
              }}};
  auto const refused = p.acquire_for(1ms);
  CHECK(refused.error().code == errc::timed_out);
  told.wait();
  until([&] { return p.stats().stuck == 1; });
  CHECK(p.stats().opening == 1);
  CHECK(p.acquire_for(1ms).error().code == errc::timed_out); // the cap holds
  may_return.open();
  CHECK(p.acquire());
  CHECK(p.stats().stuck == 0);
  CHECK(p.stats().opened == 1);
}

TEST_CASE("at its timeout a check is asked to stop") {
  std::atomic<int> stopped = 0;
  pool_options const options{
      .max_size = 1, .min_idle = 1, .check_timeout = 2ms, .scan_interval = 1ms, .check_retries = 0};
  pool<int> p{options,
              {.open = [] { return 1; },
               .check =
                   [&](int&, unsigned, hook_context const& context) {
                     gate never_opens;
                     stopped += never_opens.wait(context.stop) ? 0 : 1;
                     return false;
                   }}};
  until([&] { return p.stats().closed_by[close_reason::unhealthy] > 0; });
  CHECK(stopped > 0);
}

TEST_CASE("at its timeout a reset is asked to stop") {
  pool<int> p{{.max_size = 1, .reset_timeout = 2ms, .returned = on_return::reset},
              {.open = [] { return 1; },
               .reset =
                   [](int&, hook_context const& context) {
                     gate never_opens;
                     return never_opens.wait(context.stop);
                   }}};
  CHECK(p.acquire());
  until([&] { return p.stats().closed_by[close_reason::unhealthy] == 1; });
}

TEST_CASE("a close that outlives its timeout is counted as stuck and holds its slot") {
  ledger book;
  gate may_return;
  pool<session> p{{.max_size = 1, .close_timeout = 2ms},
                  {.open = [&] { return session{book}; },
                   .close =
                       [&](session&, hook_context const& context) {
                         gate never_opens;
                         never_opens.wait(context.stop);
                         may_return.wait();
                       }}};
  p.acquire().value().discard();
  until([&] { return p.stats().stuck == 1; });
  CHECK(p.stats().closing == 1);
  CHECK(p.acquire_for(1ms).error().code == errc::timed_out);
  CHECK(book.alive == 1);
  may_return.open();
  CHECK(p.acquire());
}

TEST_CASE("slow resets do not keep closes from their turn") {
  ledger book;
  std::atomic<bool> storm = true;
  pool_options const options{.max_size = 4, .check_concurrency = 1, .returned = on_return::reset};
  pool<session> p{options,
                  {.open = [&] { return session{book}; }, .reset = [](session&) { return true; }}};
  std::vector<std::thread> returning;
  for (int thread = 0; thread < 3; ++thread) {
    returning.emplace_back([&] {
      while (storm) {
        static_cast<void>(p.acquire());
      }
    });
  }
  p.acquire().value().discard();
  until([&] { return p.stats().closed == 1; });
  storm = false;
  for (auto& each : returning) {
    each.join();
  }
}

TEST_CASE("a reset that found no thread within its time is begun later, and costs no resource") {
  gate may_return;
  std::atomic<int> begun = 0;
  pool<int> p{{.max_size = 4,
               .reset_timeout = 2ms,
               .check_concurrency = 1, // two threads for resets
               .returned = on_return::reset},
              {.open = [] { return 1; },
               .reset =
                   [&](int&) {
                     ++begun;
                     may_return.wait();
                     return true;
                   }}};
  {
    std::vector<lease<int>> held;
    for (int i = 0; i < 4; ++i) {
      held.push_back(p.acquire().value());
    }
  }
  until([&] { return p.stats().stuck == 4; });
  CHECK(begun == 2);
  may_return.open();
  until([&] { return p.stats().idle == 4; });
  CHECK(p.stats().opened == 4);
  CHECK(begun >= 4);
}

TEST_CASE("a hook may use its own pool") {
  ledger book;
  std::optional<pool<session>> p;
  std::atomic<std::size_t> seen = 0;
  p.emplace(pool_options{.max_size = 2},
            blocking_endpoint<session>{.open =
                                           [&] {
                                             seen = p->stats().opening;
                                             static_cast<void>(p->try_acquire());
                                             return session{book};
                                           },
                                       .close = [&](session&) { static_cast<void>(p->stats()); }});
  CHECK(p->acquire());
  CHECK(seen >= 1);
  p.reset();
  CHECK(book.alive == 0);
}
