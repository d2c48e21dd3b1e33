// asio_pool<T> on a context that several threads run, with callers that hold, discard, give up and
// come too late, by chance. The same must hold as for pool<T>.

#include "base/random.hpp"
#include "support/balance.hpp"
#include "support/waiting.hpp"
#include "threads/witness.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::awaitable;

/// Asio counts the owners of an any_io_executor with fences, which ThreadSanitizer does not know.
extern "C" char const* __tsan_default_suppressions() {
  return "race:boost::asio::execution::detail::any_executor_base::destroy_shared";
}

namespace {

constexpr std::size_t cap = 5;
constexpr int callers = 24;

pool_options stormy() {
  return {.max_size = cap,
          .min_idle = 1,
          .max_waiters = 16,
          .acquire_timeout = 5ms,
          .open_timeout = 1ms,
          .check_timeout = 1ms,
          .reset_timeout = 1ms,
          .close_timeout = 1ms,
          .open_concurrency = 2,
          .check_concurrency = 2,
          .backoff = {.initial = 10us, .limit = 100us},
          .scan_interval = 200us,
          .check_retries = 1,
          .idle_timeout = 1ms,
          .max_lifetime = 3ms,
          .returned = on_return::reset};
}

awaitable<void> pass_time() {
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

/// Waits until it is cancelled, at its timeout.
awaitable<void> hang() {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, asio::steady_timer::time_point::max()};
  co_await timer.async_wait(asio::use_awaitable);
}

asio_endpoint<witness> unreliable(witness_book& book) {
  return {.open = [&book](hook_context const&) -> awaitable<witness> {
            auto const turn = ++book.opens;
            co_await pass_time();
            if (turn % 13 == 0) {
              throw std::runtime_error{"refused"};
            }
            if (turn % 31 == 0) {
              co_await hang();
            }
            witness opened{book};
            co_return opened;
          },
          .check = [&book](witness& it, unsigned, hook_context const&) -> awaitable<bool> {
            auto const turn = ++book.checks;
            auto const alone = it.use();
            co_await pass_time();
            if (turn % 29 == 0) {
              co_await hang();
            }
            co_return turn % 5 != 0;
          },
          .reset = [&book](witness& it, hook_context const&) -> awaitable<bool> {
            auto const alone = it.use();
            co_await pass_time();
            co_return ++book.resets % 11 != 0;
          },
          .close = [&book](witness& it, hook_context const&) -> awaitable<void> {
            auto const alone = it.use();
            co_await pass_time();
            if (++book.closes % 7 == 0) {
              throw std::runtime_error{"stuck door"};
            }
          }};
}

/// One caller, a coroutine on a strand of its own.
awaitable<void> storm(asio_pool<witness>& p, witness_book& book, std::uint64_t seed, int rounds) {
  random_source chance{seed};
  auto const token = asio::as_tuple(asio::use_awaitable);
  for (int round = 0; round < rounds; ++round) {
    auto const drawn = chance.next();
    if (drawn % 16 == 3) {
      witness own{book};
      p.add(std::move(own));
      continue;
    }
    std::stop_source stop;
    acquire_options options;
    if (drawn % 8 == 1) {
      options.timeout = 10us;
    } else if (drawn % 8 == 2) {
      options.stop = stop.get_token();
      asio::post(p.get_executor(), [stop]() mutable { stop.request_stop(); });
    }
    auto [code, lent] = co_await p.async_acquire(std::move(options), token);
    if (code) {
      continue;
    }
    {
      auto const alone = lent->use();
      co_await pass_time();
    }
    if (drawn % 32 == 5) {
      lent.discard();
    } else if (drawn % 32 == 6) {
      static_cast<void>(lent.detach());
    }
  }
}

/// Emits and starts on one strand, as Asio demands: the cancellation meets grants from elsewhere.
void cancel_at_random(asio_pool<witness>& p, std::atomic<int>& answers, int rounds) {
  struct attempt {
    asio::cancellation_signal signal;
  };
  for (int round = 0; round < rounds; ++round) {
    auto const strand = asio::make_strand(p.get_executor());
    asio::post(strand, [&p, &answers, strand] {
      auto const mine = std::make_shared<attempt>();
      auto handler = [mine, &answers](error_code, lease<witness>) { ++answers; };
      auto on_strand = asio::bind_executor(strand, std::move(handler));
      p.async_acquire(asio::bind_cancellation_slot(mine->signal.slot(), std::move(on_strand)));
      asio::post(strand, [mine] { mine->signal.emit(asio::cancellation_type::total); });
    });
  }
}

class runners {
 public:
  explicit runners(asio::io_context& io) : work_{asio::make_work_guard(io)} {
    for (int thread = 0; thread < 3; ++thread) {
      threads_.emplace_back([&io] { io.run(); });
    }
  }
  ~runners() {
    work_.reset();
    for (auto& each : threads_) {
      each.join();
    }
  }

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

} // namespace

TEST_CASE("whatever coroutines on several threads do, nothing is lent twice and all is accounted") {
  constexpr int rounds = 4000 / slowness;
  witness_book book;
  asio::io_context io;
  asio_pool<witness> p{io.get_executor(), stormy(), unreliable(book)};
  std::atomic<int> finished = 0;
  std::atomic<int> answers = 0;
  {
    runners const running{io};
    for (std::uint64_t seed = 1; seed <= callers; ++seed) {
      asio::co_spawn(asio::make_strand(io), storm(p, book, seed, rounds),
                     [&](std::exception_ptr) { ++finished; });
    }
    cancel_at_random(p, answers, rounds);
    until([&] { return finished == callers && answers == rounds; });
    p.close();
  } // ends when nothing keeps the context at work
  auto const end = p.stats();
  require_balance(end);
  CHECK(end.peak_live <= cap);
  CHECK(end.idle + end.leased + end.opening + end.closing + end.stuck + end.waiters == 0);
  CHECK(end.opened + end.added == end.closed + end.detached);
  CHECK(end.acquired > 0);
  CHECK(book.overlaps == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("an asynchronous pool may be destroyed in the middle of it all, again and again") {
  witness_book book;
  for (std::uint64_t round = 1; round <= 20; ++round) {
    asio::io_context io;
    std::atomic<int> finished = 0;
    std::optional<asio_pool<witness>> p;
    p.emplace(io.get_executor(), stormy(), unreliable(book));
    lease<witness> survivor;
    {
      runners const running{io};
      auto given = p->async_acquire(asio::use_future);
      for (int caller = 0; caller < 8; ++caller) {
        p->async_acquire([&](error_code, lease<witness>) { ++finished; });
      }
      try {
        survivor = given.get();
      } catch (boost::system::system_error const&) {
        survivor.release(); // timed out: as good
      }
      p.reset();
      until([&] { return finished == 8; });
      survivor.release();
    }
  }
  CHECK(book.overlaps == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("leases are given back from threads that run no context") {
  witness_book book;
  asio::io_context io;
  asio_pool<witness> p{io.get_executor(), {.max_size = 2}, unreliable(book)};
  {
    runners const running{io};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 3000 / slowness; ++round) {
          auto given = p.async_acquire(asio::use_future);
          auto const lent = given.get();
          auto const alone = lent->use();
        }
      });
    }
    for (auto& each : threads) {
      each.join();
    }
    p.close();
  }
  CHECK(p.stats().acquired == 9000 / slowness);
  CHECK(book.overlaps == 0);
  CHECK(book.alive == 0);
}
