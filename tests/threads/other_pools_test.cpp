// What other pools test with threads, and no other file here: docs/behaviours.md names whose each
// one is.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"
#include "threads/witness.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

/// Counts the checks that it hears of, and how many failures each came after.
class check_counter final : public pool_observer {
 public:
  void checked(bool ok, unsigned failures_so_far) override {
    good += ok ? 1 : 0;
    bad += ok ? 0 : 1;
    after_failures += failures_so_far;
  }
  std::atomic<unsigned> good = 0;
  std::atomic<unsigned> bad = 0;
  std::atomic<unsigned> after_failures = 0;
};

/// So many threads do it at once; returns when all have.
template <class Job>
void in_threads(int count, Job const& job) {
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int number = 0; number < count; ++number) {
    threads.emplace_back([&job, number] { job(number); });
  }
}

} // namespace

TEST_CASE("a hundred threads take turns with one resource") {
  witness_book book;
  pool<witness> p{{.max_size = 1}, {.open = [&] { return witness{book}; }}};
  std::atomic<int> served = 0;
  in_threads(100, [&](int) {
    for (int round = 0; round < 100 / slowness; ++round) {
      std::stop_source stop; // never used: that a caller could give up changes nothing
      if (auto const lent = p.acquire({.stop = stop.get_token()})) {
        auto const alone = (*lent)->use();
        ++served;
      }
    }
  });
  CHECK(served == 100 * (100 / slowness));
  CHECK(p.stats().opened == 1);
  CHECK(p.stats().cancelled == 0);
  CHECK(book.overlaps == 0);
}

TEST_CASE("twenty threads share four resources, and no fifth is opened") {
  ledger book;
  pool<session> p{{.max_size = 4, .min_idle = 1}, opening_from(book)};
  std::atomic<int> served = 0;
  in_threads(20, [&](int) {
    for (int round = 0; round < 100; ++round) {
      auto const lent = p.acquire();
      served += lent ? 1 : 0;
      std::this_thread::yield();
    }
  });
  CHECK(served == 2000);
  CHECK(book.born <= 4);
  CHECK(p.stats().peak_leased <= 4);
  require_balance(p.stats());
}

TEST_CASE("one thread gives back what another acquired, again and again") {
  witness_book book;
  pool<witness> p{{.max_size = 1}, {.open = [&] { return witness{book}; }}};
  constexpr int rounds = 20'000 / slowness;
  lease<witness> on_the_way;
  std::atomic<bool> full = false;
  std::jthread const releaser{[&] {
    for (int round = 0; round < rounds; ++round) {
      full.wait(false);
      auto const mine = std::move(on_the_way);
      full = false;
      full.notify_one();
    }
  }};
  int acquired = 0;
  for (int round = 0; round < rounds; ++round) {
    auto lent = p.acquire();
    acquired += lent ? 1 : 0;
    full.wait(true);
    on_the_way = lent ? std::move(*lent) : lease<witness>{};
    full = true;
    full.notify_one();
  }
  CHECK(acquired == rounds);
  CHECK(p.stats().opened == 1);
}

TEST_CASE("without an open hook only what is added can be lent") {
  pool<int> p{{.max_size = 1, .when_down = while_down::fail_fast}, {}};
  auto const refused = p.acquire();
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::open_failed);
  CHECK(refused.error().detail.find("has no open hook") != std::string::npos);
  CHECK(p.add(7));
  CHECK(*p.acquire().value() == 7);
}

TEST_CASE("however many threads add at once, exactly max_size are taken") {
  ledger book;
  pool<session> p{{.max_size = 50}, opening_from(book)};
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  in_threads(8, [&](int) {
    for (int round = 0; round < 20; ++round) {
      if (auto const answer = p.try_add(session{book})) {
        ++taken;
      } else {
        refused += answer.error().code == errc::exhausted ? 1 : 0;
      }
    }
  });
  CHECK(taken == 50);
  CHECK(refused == 110);
  CHECK(p.stats().idle == 50);
  CHECK(book.alive == 50); // what was refused is not the pool's
}

TEST_CASE("what a hundred threads bring, a hundred threads get, each its own") {
  pool<int> p{{.max_size = 100}, {.open = [] { return -1; }}};
  in_threads(100, [&](int number) { p.add(int{number}); });
  CHECK(p.stats().idle == 100);
  std::vector<std::atomic<int>> times(100);
  std::vector<lease<int>> held(100);
  in_threads(100, [&](int number) {
    held[static_cast<std::size_t>(number)] = p.acquire().value();
    ++times.at(static_cast<std::size_t>(*held[static_cast<std::size_t>(number)]));
  });
  CHECK(std::all_of(times.begin(), times.end(), [](auto const& each) { return each == 1; }));
  CHECK(p.stats().idle == 0);
  CHECK(p.stats().opened == 0);
}

TEST_CASE("a caller's own timeout replaces acquire_timeout, shorter or longer") {
  ledger book;
  pool<session> impatient{{.max_size = 1, .acquire_timeout = 0s}, opening_from(book)};
  {
    auto held = impatient.acquire_for(20s).value();
    CHECK(impatient.acquire().error().code == errc::exhausted);
    std::jthread const helper{[&] {
      until([&] { return impatient.stats().waiters == 1; });
      held.release();
    }};
    CHECK(impatient.acquire_for(20s));
  }
  gate may_open;
  pool<int> patient{{.max_size = 1, .acquire_timeout = 1h}, {.open = [&] {
                      may_open.wait();
                      return 1;
                    }}};
  CHECK(patient.acquire_for(1ms).error().code == errc::timed_out); // though its open is slow
  may_open.open();
}

TEST_CASE("closing one pool does not stop another's scans") {
  ledger book;
  pool_options const options{.max_size = 1, .scan_interval = 1ms, .idle_timeout = 1ms};
  pool<session> first{options, opening_from(book)};
  pool<session> second{options, opening_from(book)};
  auto lent = second.acquire().value();
  first.close(20s);
  lent.release();
  until([&] { return second.stats().closed_by[close_reason::idle] == 1; });
}

TEST_CASE("a borrow and an eviction at once cost no capacity") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  constexpr int rounds = 5000 / slowness;
  std::atomic<bool> borrowing = true;
  std::jthread const evicting{[&] {
    while (borrowing) {
      p.evict_idle();
    }
  }};
  int served = 0;
  for (int round = 0; round < rounds; ++round) {
    served += p.acquire() ? 1 : 0;
  }
  borrowing = false;
  CHECK(served == rounds);
  CHECK(p.stats().peak_live == 1);
}

TEST_CASE("resources that are equal stay apart") {
  pool<std::string> p{{.max_size = 2}, {.open = [] { return std::string{"same"}; }}};
  auto first = p.acquire().value();
  auto second = p.acquire().value();
  CHECK(&*first != &*second);
  *first = "changed";
  *second = "changed"; // equal again
  first.release();
  CHECK(p.stats().idle == 1);
  CHECK(p.stats().leased == 1);
  second.release();
  CHECK(p.stats().idle == 2);
}

TEST_CASE("with max_idle 0 everybody is served, however many come") {
  ledger book;
  pool_options options;
  options.max_size = 10;
  options.max_idle = 0;
  pool<session> p{options, opening_from(book)};
  std::atomic<int> served = 0;
  in_threads(50, [&](int) {
    for (int round = 0; round < 20; ++round) {
      served += p.acquire() ? 1 : 0;
    }
  });
  CHECK(served == 1000);
  CHECK(p.stats().peak_live <= 10);
  CHECK(p.stats().idle == 0);
}

TEST_CASE("an observer hears of every check, good or bad, and how many failed before it") {
  auto const ear = std::make_shared<check_counter>();
  pool_options options;
  options.max_size = 1;
  options.min_idle = 1;
  options.scan_interval = 1ms;
  options.check_retries = 2;
  options.observer = ear;
  std::atomic<int> checks = 0;
  pool<int> p{options, {.open = [] { return 1; }, .check = [&](int&) { return ++checks > 2; }}};
  until([&] { return ear->good >= 3; });
  CHECK(ear->bad == 2);                    // before the close, which may call one off
  CHECK(ear->after_failures == 0 + 1 + 2); // two bad ones, and the good one that ended it
  p.close(20s);
  CHECK(p.stats().closed_by[close_reason::unhealthy] == 0);
}
