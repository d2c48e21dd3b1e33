// A pool<T> goes through everything that it can do, again and again; in the n-th round the n-th
// call of a hook fails, or the n-th allocation, until a round comes to its end without a failure.
// Whatever failed: nobody waits for ever, nothing leaks, the pool still works, and its books
// balance.

#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"
#include "torture/mishap.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

using sessions = pool<session>;
constexpr auto long_enough = 20s;

/// Runs a call that may be refused memory. What it returns, or none.
template <class Call>
auto attempt(Call const& call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (std::bad_alloc const&) {
    return std::nullopt;
  }
}

/// Hears everything, so that everything is told.
class counting_observer final : public pool_observer {
 public:
  void acquired(duration) override { ++heard_; }
  void open_failed(error_code, std::string_view, duration) override { ++heard_; }

 private:
  std::atomic<int> heard_ = 0;
};

/// Callers that wait in threads of their own, and give back at once what they get.
class crowd {
 public:
  crowd(sessions& p, std::size_t size) : size_{size} {
    allocation_trap::pause const quiet;
    for (std::size_t i = 0; i < size; ++i) {
      threads_[i] = std::thread{[this, &p] {
        auto const answer = attempt([&] { return p.acquire_for(long_enough); });
        served_ += answer && *answer ? 1U : 0U;
        late_ += answer && !*answer && answer->error().code == errc::timed_out ? 1U : 0U;
        ++answered_;
      }};
    }
  }
  ~crowd() {
    for (auto& each : threads_) {
      if (each.joinable()) {
        each.join();
      }
    }
  }
  crowd(crowd const&) = delete;
  crowd& operator=(crowd const&) = delete;

  void wait_until_queued(sessions& p) {
    until([&] { return p.stats().waiters + answered_ == size_; });
  }
  void wait_until_answered() {
    until([&] { return answered_ == size_; });
  }
  [[nodiscard]] bool nobody_was_late() const { return late_ == 0; }

 private:
  std::size_t size_;
  std::array<std::thread, 12> threads_;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<std::size_t> served_ = 0;
  std::atomic<std::size_t> late_ = 0;
};

/// Pools that take different ways through the code.
enum class way : std::uint8_t {
  everything, ///< all hooks, an observer, durations
  barging,    ///< those that wait are woken, and ask again
  gate,       ///< leases without the lock
};

struct round_of_torture {
  explicit round_of_torture(way through) : taken{through} {}

  way taken;
  ledger book;
  hook_trap hooks;
  char const* wrong = nullptr; ///< the first thing that was; no text is allocated for it

  void must(bool holds, char const* what) {
    if (!holds && wrong == nullptr) {
      wrong = what;
    }
  }

  blocking_endpoint<session> endpoint() {
    auto const agree = [this](session&) {
      hooks.pass();
      return true;
    };
    blocking_endpoint<session> all{.open =
                                       [this] {
                                         hooks.pass();
                                         return session{book};
                                       },
                                   .check = agree,
                                   .reset = agree,
                                   .look = agree,
                                   .close = [this](session&) { hooks.pass(); }};
    if (taken == way::gate) {
      all.reset = {};
      all.look = {};
    }
    return all;
  }

  pool_options options(std::shared_ptr<pool_observer> observer) const {
    pool_options wanted;
    wanted.max_size = 2;
    wanted.backoff = {.initial = 10us, .limit = 100us};
    wanted.scan_interval = 1ms;
    if (taken == way::gate) {
      wanted.borrowers = recording::off;
      return wanted;
    }
    wanted.fair = taken == way::barging ? fairness::barging : fairness::strict;
    wanted.returned = on_return::reset;
    wanted.durations = recording::on;
    wanted.observer = std::move(observer);
    return wanted;
  }

  /// Every resource that may exist does, and is idle.
  void fill(sessions& p, std::size_t size) {
    for (auto grown = attempt([&] { return p.resize(size); }); !grown;) {
      grown = attempt([&] { return p.resize(size); });
    }
    until([&] {
      attempt([&] { return p.add(session{book}); });
      return p.stats().idle == size;
    });
  }

  void leases_come_and_go(sessions& p) {
    auto first = attempt([&] { return p.acquire_for(long_enough); });
    auto second = attempt([&] { return p.acquire_for(long_enough); });
    must(!first || *first, "the first caller was refused");
    must(!second || *second, "the second caller was refused");
    if (first && *first && second && *second) {
      auto const third = attempt([&] { return p.acquire_for(1ms); });
      must(!third || !*third, "a third caller was served by a pool of two");
      crowd waiting{p, 2};
      waiting.wait_until_queued(p);
      (*first)->release();
      waiting.wait_until_answered();
      must(waiting.nobody_was_late(), "a return did not serve those that waited");
    }
    if (second && *second) {
      (*second)->discard();
    }
    if (auto third = attempt([&] { return p.acquire_for(long_enough); }); third && *third) {
      static_cast<void>((*third)->detach());
    }
  }

  void many_at_once(sessions& p) {
    constexpr std::size_t many = 12; // more than the lists that are on the stack hold
    fill(p, many);
    attempt([&] { return p.leases().size() + p.durations().wait.count; });
    p.suspend();
    crowd waiting{p, many};
    waiting.wait_until_queued(p);
    p.resume();
    waiting.wait_until_answered();
    must(waiting.nobody_was_late(), "resume did not serve those that waited");
    fill(p, many);
    p.evict_idle();
    fill(p, many);
    p.invalidate();
    fill(p, many);
    attempt([&] { return p.resize(2); });
    auto const checked = p.stats().checks_ok;
    until([&] { return p.stats().checks_ok > checked || p.stats().idle == 0; });
  }

  void the_end(sessions& p) {
    p.suspend();
    crowd waiting{p, 3};
    waiting.wait_until_queued(p);
    must(p.close(long_enough) == 0, "a lease is still out");
    waiting.wait_until_answered();
    must(waiting.nobody_was_late(), "close did not refuse those that waited");
  }

  void run() {
    std::shared_ptr<pool_observer> observer;
    {
      allocation_trap::pause const quiet;
      observer = std::make_shared<counting_observer>();
    }
    auto built = attempt([&] { return sessions{options(observer), endpoint()}; });
    if (!built) {
      return;
    }
    auto& p = *built;
    leases_come_and_go(p);
    many_at_once(p);
    {
      allocation_trap::pause const quiet;
      auto const still_works = p.acquire_for(long_enough);
      must(still_works.has_value(), "the pool does not work any more");
    }
    the_end(p);
    last = p.stats();
  }

  pool_stats last;
};

template <class Set, class Clear>
int torture(way through, Set const& set, Clear const& clear) {
  for (long n = first_failure();; ++n) {
    INFO("to begin with this failure: CONECTA_FAILURE=" << n);
    round_of_torture round{through};
    set(round, n);
    round.run();
    auto const failed = clear(round);
    if (round.wrong != nullptr) {
      FAIL_CHECK(round.wrong);
    }
    CHECK(round.book.alive == 0);
    require_balance(round.last);
    auto const& last = round.last;
    CHECK(last.idle + last.leased + last.opening + last.checking + last.resetting + last.closing +
              last.waiters ==
          0);
    CHECK(last.observer_errors == 0);
    if (!failed) {
      return static_cast<int>(n - 1);
    }
  }
}

} // namespace

TEST_CASE("a pool survives the failure of each call of a hook") {
  auto const through = GENERATE(way::everything, way::barging, way::gate);
  INFO("way " << static_cast<int>(through));
  auto const rounds = torture(
      through, [](round_of_torture& round, long n) { round.hooks.set(n); },
      [](round_of_torture& round) { return round.hooks.clear(); });
  CHECK(rounds > 30);
  WARN(rounds << " calls of hooks failed, each in a round of its own");
}

TEST_CASE("a pool survives the failure of each allocation") {
  auto const through = GENERATE(way::everything, way::barging, way::gate);
  INFO("way " << static_cast<int>(through));
  auto const rounds = torture(
      through, [](round_of_torture&, long n) { allocation_trap::set(n); },
      [](round_of_torture&) { return allocation_trap::clear(); });
  CHECK(rounds > 50);
  WARN(rounds << " allocations failed, each in a round of its own");
}
