// The same for an asio_pool<T>: in the n-th round the n-th call of a hook fails, or the n-th
// allocation, until a round comes to its end without a failure. One thread, which also runs the
// context; what its handlers throw it takes note of and goes on. The hooks await nothing:
// Boost.Asio 1.81 ends the process when there is no memory to start an operation on a strand of
// any_io_executor, whose query and prefer allocate and are noexcept. It does the same when a strand
// that still has work to do cannot queue itself again, so that no operation's memory is refused
// while the context runs.

#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"
#include "torture/mishap.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <pthread.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

using boost::asio::awaitable;
using sessions = asio_pool<session>;
constexpr auto long_enough = 20s;

template <class Call>
auto attempt(Call const& call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (std::bad_alloc const&) {
    return std::nullopt;
  }
}

class silent_observer final : public pool_observer {};

/// One caller; it lives longer than the pool.
struct caller {
  int answers = 0;
  error_code code;
  lease<session> lent;
};

struct into {
  caller* who;
  void operator()(error_code code, lease<session> lent) const {
    ++who->answers;
    who->code = code;
    who->lent = std::move(lent);
  }
};

struct round_of_torture {
  ledger book;
  hook_trap hooks;
  std::array<caller, 40> callers;
  std::size_t used = 0;
  char const* wrong = nullptr; ///< the first thing that was; no text is allocated for it
  boost::asio::io_context io;
  pool_stats last;

  void must(bool holds, char const* what) {
    if (!holds && wrong == nullptr) {
      wrong = what;
    }
  }

  awaitable<session> open() {
    hooks.pass();
    co_return session{book};
  }
  awaitable<bool> agree() {
    hooks.pass();
    co_return true;
  }
  awaitable<void> close() {
    hooks.pass();
    co_return;
  }

  asio_endpoint<session> endpoint() {
    return {.open = [this](hook_context const&) { return open(); },
            .check = [this](session&, unsigned, hook_context const&) { return agree(); },
            .reset = [this](session&, hook_context const&) { return agree(); },
            .look =
                [this](session&) {
                  hooks.pass();
                  return true;
                },
            .close = [this](session&, hook_context const&) { return close(); }};
  }

  static pool_options options(std::shared_ptr<pool_observer> observer) {
    pool_options wanted;
    wanted.max_size = 2;
    wanted.backoff = {.initial = 10us, .limit = 100us};
    wanted.scan_interval = 1ms;
    wanted.returned = on_return::reset;
    wanted.observer = std::move(observer);
    return wanted;
  }

  template <class Condition>
  void run_until(Condition const& holds, char const* what) {
    auto const limit = std::chrono::steady_clock::now() + long_enough;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit) {
        return must(false, what);
      }
      io.restart();
      allocation_trap::pause_of_operations const as_boost_needs;
      attempt([&] { return io.run_one_for(1ms); });
    }
  }

  /// A caller that waits; it has its answer already if there was no memory to ask.
  caller& ask(sessions& p, duration timeout) {
    auto& who = callers[used++];
    acquire_options how;
    how.timeout = timeout;
    auto const asked = attempt([&] {
      into handler{&who};
      p.async_acquire(how, std::move(handler));
      return true;
    });
    if (!asked) {
      must(who.answers == 0, "a call that threw was answered as well");
      who.answers = 1;
      who.code = make_error_code(boost::system::errc::not_enough_memory);
    }
    return who;
  }

  void served(caller& who, char const* what) {
    run_until([&] { return who.answers > 0; }, what);
    must(who.lent.valid() || who.code == boost::system::errc::not_enough_memory, what);
  }

  void fill(sessions& p, std::size_t size) {
    while (!attempt([&] { return p.resize(size); })) {
    }
    run_until(
        [&] {
          attempt([&] { return p.add(session{book}); });
          return p.stats().idle == size;
        },
        "the pool does not fill");
  }

  void leases_come_and_go(sessions& p) {
    auto& first = ask(p, long_enough);
    served(first, "the first caller was refused");
    auto& second = ask(p, long_enough);
    served(second, "the second caller was refused");
    auto& third = ask(p, 1ms);
    run_until([&] { return third.answers > 0; }, "a deadline passed without an answer");
    must(!third.lent.valid() || !first.lent.valid() || !second.lent.valid(),
         "a third caller was served by a pool of two");
    third.lent.release();
    auto& waiting = ask(p, long_enough);
    first.lent.release();
    served(waiting, "a return did not serve who waited");
    if (second.lent.valid()) {
      second.lent.discard();
    }
    if (waiting.lent.valid()) {
      static_cast<void>(waiting.lent.detach());
    }
  }

  void many_at_once(sessions& p) {
    constexpr std::size_t many = 12; // more than the lists that are on the stack hold
    fill(p, many);
    p.suspend();
    auto const first = used;
    for (std::size_t i = 0; i < many; ++i) {
      static_cast<void>(ask(p, long_enough));
    }
    p.resume();
    for (auto i = first; i < used; ++i) {
      served(callers[i], "resume did not serve who waited");
    }
    for (auto i = first; i < used; ++i) {
      callers[i].lent.release();
    }
    fill(p, many);
    p.evict_idle();
    fill(p, many);
    p.invalidate();
    fill(p, many);
    attempt([&] { return p.resize(2); });
    auto const checked = p.stats().checks_ok;
    run_until([&] { return p.stats().checks_ok > checked || p.stats().idle == 0; },
              "nothing is checked");
  }

  void the_end(sessions& p) {
    p.suspend();
    auto const first = used;
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(ask(p, long_enough));
    }
    must(p.close() == 0, "a lease is still out");
    run_until(
        [&] {
          auto const now = p.stats();
          return now.opened + now.added == now.closed + now.detached;
        },
        "not everything was closed");
    for (auto i = first; i < used; ++i) {
      run_until([&] { return callers[i].answers > 0; }, "close did not answer who waited");
    }
  }

  void run() {
    std::shared_ptr<pool_observer> observer;
    {
      allocation_trap::pause const quiet;
      observer = std::make_shared<silent_observer>();
    }
    auto built =
        attempt([&] { return sessions{io.get_executor(), options(observer), endpoint()}; });
    if (!built) {
      return;
    }
    auto& p = *built;
    leases_come_and_go(p);
    many_at_once(p);
    {
      allocation_trap::pause const quiet;
      auto& late = ask(p, long_enough);
      served(late, "the pool does not work any more");
      late.lent.release();
    }
    the_end(p);
    last = p.stats();
    for (std::size_t i = 0; i < used; ++i) {
      must(callers[i].answers == 1, "a caller was not answered exactly once");
    }
  }
};

template <class Set, class Clear>
int torture(Set const& set, Clear const& clear) {
  for (long n = first_failure();; ++n) {
    INFO("to begin with this failure: CONECTA_FAILURE=" << n);
    auto const round = std::make_unique<round_of_torture>();
    set(*round, n);
    round->run();
    auto const failed = clear(*round);
    if (round->wrong != nullptr) {
      FAIL_CHECK(round->wrong);
    }
    CHECK(round->book.alive == 0);
    require_balance(round->last);
    auto const& last = round->last;
    CHECK(last.idle + last.leased + last.opening + last.checking + last.resetting + last.closing +
              last.waiters ==
          0);
    if (!failed) {
      return static_cast<int>(n - 1);
    }
  }
}

} // namespace

TEST_CASE("an asynchronous pool survives the failure of each call of a hook") {
  auto const rounds = torture([](round_of_torture& round, long n) { round.hooks.set(n); },
                              [](round_of_torture& round) { return round.hooks.clear(); });
  CHECK(rounds > 50);
  WARN(rounds << " calls of hooks failed, each in a round of its own");
}

TEST_CASE("an asynchronous pool survives the failure of each allocation") {
  // Boost.Asio 1.81 does not survive all: strand_executor_service::create_implementation allocates
  // a strand, then its reference count and perhaps a mutex, and if one of those fails it destroys a
  // strand that was never set up.
  struct reference_count {
    void* type;
    int uses[2];
    void* strand;
  };
  allocation_trap::spare(sizeof(reference_count), sizeof(::pthread_mutex_t));
  auto const rounds = torture([](round_of_torture&, long n) { allocation_trap::set(n); },
                              [](round_of_torture&) { return allocation_trap::clear(); });
  CHECK(rounds > 50);
  WARN(rounds << " allocations failed, each in a round of its own");
}
