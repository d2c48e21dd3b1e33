// Several threads do everything at once to a pool<T>, by chance, and write down what they did and
// when; the pool's core writes down its own order of events. Afterwards the order is played to the
// slow model, which must have decided the same; every call must have had its effect between its
// start and its end; and nothing may have been held by two.
//
// CONECTA_SEED=N plays the threads' part of another seed.

#include "base/random.hpp"
#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"
#include "threads/recorded_history.hpp"
#include "threads/witness.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

using sessions = pool<session>;
constexpr std::size_t most_threads = 16;

pool_options lively(fairness fair) {
  pool_options options;
  options.max_size = 4;
  options.min_idle = 1;
  options.max_waiters = 12;
  options.acquire_timeout = 5ms;
  options.open_timeout = 1ms;
  options.check_timeout = 1ms;
  options.open_concurrency = 2;
  options.check_concurrency = 2;
  options.backoff = {.initial = 10us, .limit = 100us};
  options.scan_interval = 200us;
  options.check_retries = 1;
  options.check_on_acquire = acquire_check::if_idle_for;
  options.check_if_idle_for = 50us;
  options.after_bad_check = bad_check::makes_older_suspect;
  options.idle_timeout = 1ms;
  options.max_lifetime = 3ms;
  options.max_uses = 20;
  options.returned = on_return::reset;
  options.fair = fair;
  options.max_overtaken = 2;
  return options;
}

blocking_endpoint<session> unreliable(ledger& book, std::atomic<unsigned>& turn) {
  return {.open =
              [&] {
                if (++turn % 13 == 0) {
                  throw std::runtime_error{"refused"};
                }
                return session{book};
              },
          .check = [&](session&) { return ++turn % 17 != 0; },
          .reset = [&](session&) { return ++turn % 19 != 0; }};
}

/// Callers may be asked to stop by other threads.
class stop_signs {
 public:
  std::stop_token renew(std::size_t of) {
    std::lock_guard const lock{mutex_};
    signs_[of] = std::stop_source{};
    return signs_[of].get_token();
  }
  void ask(std::size_t whom) {
    auto const sign = [&] {
      std::lock_guard const lock{mutex_};
      return signs_[whom];
    }();
    std::stop_source{sign}.request_stop();
  }

 private:
  std::mutex mutex_;
  std::array<std::stop_source, most_threads> signs_;
};

class actor {
 public:
  actor(sessions& p, ledger& book, stop_signs& signs, std::size_t number, std::size_t of,
        std::uint64_t seed)
      : pool_{p},
        book_{book},
        signs_{signs},
        number_{number},
        of_{of},
        chance_{seed * 1000 + number} {}

  account_of_a_thread play(int rounds) {
    account_.who = std::this_thread::get_id();
    for (int round = 0; round < rounds; ++round) {
      act(chance_.next() >> 16U);
    }
    account_.ended = std::chrono::steady_clock::now();
    return std::move(account_);
  }

 private:
  template <class Call>
  auto timed(operation::kind what, Call const& call) {
    auto const start = std::chrono::steady_clock::now();
    auto answer = call();
    auto const end = std::chrono::steady_clock::now();
    account_.operations.push_back({.what = what, .start = start, .end = end});
    return answer;
  }

  void act(std::uint64_t choice) {
    using kind = operation::kind;
    switch (choice % 32) {
    case 0:
      return account_for(timed(kind::add, [&] { return pool_.try_add(session{book_}); }));
    case 1:
      static_cast<void>(timed(kind::resize, [&] { return pool_.resize(1 + choice / 32 % 6); }));
      return;
    case 2:
      timed(kind::evict_idle, [&] { return pool_.evict_idle(); });
      return;
    case 3:
      timed(kind::invalidate, [&] { return pool_.invalidate(), 0; });
      return;
    case 4:
      timed(kind::suspend, [&] { return pool_.suspend(), 0; });
      std::this_thread::yield();
      timed(kind::resume, [&] { return pool_.resume(), 0; });
      return;
    case 5:
    case 6:
    case 7:
      return signs_.ask(choice / 32 % of_);
    case 8:
    case 9:
      return hold(timed(kind::acquire, [&] { return pool_.try_acquire(); }), choice / 32);
    case 10:
    case 11:
      return hold(timed(kind::acquire, [&] { return pool_.acquire_for(30us); }), choice / 32);
    default:
      return hold(
          timed(kind::acquire, [&] { return pool_.acquire({.stop = signs_.renew(number_)}); }),
          choice / 32);
    }
  }

  void account_for(result<void> const& answer) {
    account_.operations.back().refused = answer ? error_code{} : answer.error().code;
  }

  void hold(result<lease<session>> answer, std::uint64_t choice) {
    auto const began = account_.operations.size() - 1;
    if (!answer) {
      account_.operations[began].refused = answer.error().code;
      return;
    }
    account_.operations[began].resource = (*answer)->number();
    for (auto spins = choice % 3; spins > 0; --spins) {
      std::this_thread::yield();
    }
    using kind = operation::kind;
    switch (choice / 32 % 16) {
    case 0:
      timed(kind::discard, [&] { return answer->discard(), 0; });
      break;
    case 1:
      timed(kind::detach, [&] { return answer->detach(); });
      break;
    default:
      timed(kind::release, [&] { return answer->release(), 0; });
    }
    account_.operations.back().of_lease = began;
  }

  sessions& pool_;
  ledger& book_;
  stop_signs& signs_;
  std::size_t number_;
  std::size_t of_;
  random_source chance_;
  account_of_a_thread account_;
};

struct recorded {
  order_of_the_core core;
  std::vector<account_of_a_thread> threads;
  pool_stats end;
  int left_alive = 0;
};

recorded record(std::size_t threads, fairness fair, std::uint64_t seed, int rounds) {
  recorded what;
  ledger book;
  std::atomic<unsigned> turn = 0;
  what.threads.resize(threads);
  {
    driver::history_of_new_pools = &what.core;
    sessions p{lively(fair), unreliable(book, turn)};
    driver::history_of_new_pools = nullptr;
    stop_signs signs;
    std::vector<std::thread> actors;
    for (std::size_t i = 0; i < threads; ++i) {
      actors.emplace_back(
          [&, i] { what.threads[i] = actor{p, book, signs, i, threads, seed}.play(rounds); });
    }
    for (auto& each : actors) {
      each.join();
    }
    CHECK(p.close(20s) == 0);
    what.end = p.stats();
  }
  what.left_alive = book.alive;
  return what;
}

std::uint64_t chosen_seed() {
  auto const* const wanted = std::getenv("CONECTA_SEED");
  return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
}

template <class Check>
void require_nothing(Check const& wrong) {
  INFO(wrong.value_or(""));
  CHECK(!wrong);
}

/// A history with something in it to tamper with.
recorded some_history() { return record(4, fairness::strict, chosen_seed(), 300); }

operation& first(recorded& of, operation::kind what) {
  for (auto& thread : of.threads) {
    for (auto& each : thread.operations) {
      if (each.what == what && !each.refused) {
        return each;
      }
    }
  }
  throw std::runtime_error{"there is none in this history"};
}

} // namespace

TEST_CASE("what threads saw is what the core did, in its own order, and the model agrees") {
  auto const seed = chosen_seed();
  for (std::size_t const threads : {2U, 4U, 8U, 16U}) {
    for (auto const fair : {fairness::strict, fairness::barging}) {
      INFO("replay: CONECTA_SEED=" << seed << ", " << threads << " threads, "
                                   << (fair == fairness::strict ? "strict" : "barging"));
      auto const what = record(threads, fair, seed, 4800 / static_cast<int>(threads) / slowness);
      require_nothing(disagreement_with_model(what.core));
      require_nothing(effect_out_of_place(what.core, what.threads));
      require_nothing(shared_resource(what.threads));
      require_balance(what.end);
      CHECK(what.left_alive == 0);
      CHECK(what.core.steps.size() > 1000U / slowness);
      CHECK(what.end.acquired > 0);
    }
  }
}

TEST_CASE("a call whose effect is outside of its time is found") {
  auto what = some_history();
  auto& late = first(what, operation::kind::release);
  late.end = late.start - 1ns;
  CHECK(effect_out_of_place(what.core, what.threads));
}

TEST_CASE("an answer that the core did not give is found") {
  auto what = some_history();
  first(what, operation::kind::acquire).refused = make_error_code(errc::timed_out);
  CHECK(effect_out_of_place(what.core, what.threads));
}

TEST_CASE("an event that no call explains is found") {
  auto what = some_history();
  auto& told = what.threads.front().operations;
  while (told.back().what == operation::kind::acquire && told.back().refused) {
    told.pop_back(); // a caller that was stopped before it asked leaves no event
  }
  told.pop_back();
  CHECK(effect_out_of_place(what.core, what.threads));
}

TEST_CASE("a resource that two held at once is found") {
  auto what = some_history();
  auto const& lent = first(what, operation::kind::acquire);
  auto const held = lent.resource;
  auto const from = lent.end;
  what.threads.push_back(
      {.who = {},
       .operations = {
           {.what = operation::kind::acquire, .start = from, .end = from, .resource = held},
           {.what = operation::kind::release, .start = from + 1s, .end = from + 1s}}});
  CHECK(shared_resource(what.threads));
}

TEST_CASE("an order that no core would follow is found") {
  auto what = some_history();
  CHECK(!disagreement_with_model(what.core));
  auto& steps = what.core.steps;
  auto const granted = std::find_if(steps.begin(), steps.end(), [](core_step const& step) {
    return std::any_of(step.actions.begin(), step.actions.end(), [](core::action const& action) {
      return std::holds_alternative<core::grant>(action);
    });
  });
  REQUIRE(granted != steps.end());
  auto without = what.core;
  without.steps.erase(without.steps.begin() + (granted - steps.begin()));
  CHECK(disagreement_with_model(without));
  std::erase_if(granted->actions, [](core::action const& action) {
    return std::holds_alternative<core::grant>(action);
  });
  CHECK(disagreement_with_model(what.core));
}
