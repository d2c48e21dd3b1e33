// The end of a pool: close, its grace, and the destructor, at every awkward moment.

#include "support/balance.hpp"
#include "support/opening.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

TEST_CASE("a closed pool refuses callers and has closed what was idle") {
  ledger book;
  pool<session> p{{.max_size = 2, .min_idle = 2}, opening_from(book)};
  until([&] { return p.stats().idle == 2; });
  CHECK(p.close(10s) == 0);
  CHECK(book.alive == 0);
  CHECK(p.acquire().error().code == errc::closed);
  CHECK(p.try_acquire().error().code == errc::closed);
  CHECK(p.stats().closed_by[close_reason::shutdown] == 2);
  CHECK(p.close() == 0); // again, without effect
  require_balance(p.stats());
}

TEST_CASE("close waits for leases as long as its grace") {
  ledger book;
  pool<session> p{{}, opening_from(book)};
  auto lent = p.acquire().value();
  CHECK(p.close() == 1);
  CHECK(p.close(2ms) == 1);
  std::thread helper{[&] { lent.release(); }};
  CHECK(p.close(20s) == 0);
  helper.join();
  CHECK(book.alive == 0);
}

TEST_CASE("closing ends a wait") {
  ledger book;
  pool<session> p{{.max_size = 1}, opening_from(book)};
  auto const held = p.acquire();
  auto caller = std::async(std::launch::async, [&] { return p.acquire().error().code; });
  until([&] { return p.stats().waiters == 1; });
  CHECK(p.close() == 1);
  CHECK(caller.get() == errc::closed);
}

TEST_CASE("closing during an open asks it to stop, and what it opens is closed") {
  ledger book;
  gate begun;
  pool<session> p{{}, {.open = [&](hook_context const& context) {
                    begun.open();
                    gate never_opens;
                    never_opens.wait(context.stop);
                    return session{book};
                  }}};
  auto caller = std::async(std::launch::async, [&] { return p.acquire().error().code; });
  begun.wait();
  CHECK(p.close(20s) == 0);
  CHECK(caller.get() == errc::closed);
  CHECK(book.born == 1);
  CHECK(book.alive == 0);
  CHECK(p.stats().closed_by[close_reason::shutdown] == 1);
}

TEST_CASE("no hook but close begins after close") {
  // One worker's worth of opens: the second waits for the first, which ends after close.
  gate begun;
  gate may_end;
  std::atomic<int> opens = 0;
  pool<int> p{{.max_size = 8, .min_idle = 8, .open_concurrency = 1}, {.open = [&] {
                ++opens;
                begun.open();
                may_end.wait();
                return 1;
              }}};
  begun.wait();
  p.close();
  may_end.open();
  p.close(20s);
  CHECK(opens == 1);
}

TEST_CASE("closing from a hook does not wait") {
  ledger book;
  std::optional<pool<session>> p;
  p.emplace(pool_options{.max_size = 1}, blocking_endpoint<session>{.open = [&] {
              p->close(1h);
              return session{book};
            }});
  CHECK(p->acquire().error().code == errc::closed);
  CHECK(p->close(20s) == 0);
  CHECK(book.alive == 0);
}

TEST_CASE("closing from a hook does not wait, even by way of another pool's hook") {
  ledger book;
  std::optional<pool<session>> outer;
  std::optional<lease<session>> orphan;
  {
    pool<session> inner{
        {}, {.open = [&] { return session{book}; }, .close = [&](session&) { outer->close(1h); }}};
    orphan.emplace(inner.acquire().value());
  }
  outer.emplace(pool_options{}, blocking_endpoint<session>{.open = [&] {
                  orphan.reset(); // runs inner's close hook here, inside of outer's open
                  return session{book};
                }});
  CHECK(outer->acquire().error().code == errc::closed);
  CHECK(outer->close(20s) == 0);
}

TEST_CASE("a pool may be destroyed in its own hook") {
  ledger book;
  gate destroyed;
  auto p =
      std::make_unique<pool<session>>(pool_options{.max_size = 1}, blocking_endpoint<session>{});
  auto* const plain = p.get();
  *plain = pool<session>{{.max_size = 1}, {.open = [&] {
                           p.reset();
                           destroyed.open();
                           return session{book};
                         }}};
  static_cast<void>(plain->try_acquire());
  destroyed.wait();
  until([&] { return book.born == 1 && book.alive == 0; });
}

TEST_CASE("a lease that outlives its pool still works, and closes its resource where it ends") {
  ledger book;
  std::optional<std::thread::id> closed_in;
  std::optional<lease<session>> lent;
  {
    pool<session> p{{},
                    {.open = [&] { return session{book}; },
                     .close = [&](session&) { closed_in = std::this_thread::get_id(); }}};
    lent.emplace(p.acquire().value());
  }
  CHECK((*lent)->number() == 1);
  CHECK(book.alive == 1);
  lent.reset();
  CHECK(book.alive == 0);
  CHECK(closed_in == std::this_thread::get_id());
}

TEST_CASE("a lease that outlives its pool can be discarded or detached") {
  ledger book;
  std::optional<lease<session>> first;
  std::optional<lease<session>> second;
  {
    pool<session> p{{}, opening_from(book)};
    first.emplace(p.acquire().value());
    second.emplace(p.acquire().value());
  }
  first->discard();
  CHECK(book.alive == 1);
  {
    auto const kept = second->detach();
    CHECK(book.alive == 1);
  }
  CHECK(book.alive == 0);
}

TEST_CASE("a close hook is asked to stop at its timeout while the pool is destroyed") {
  std::atomic<bool> asked = false;
  {
    pool<int> p{{.max_size = 1, .min_idle = 1, .close_timeout = 5ms},
                {.open = [] { return 1; },
                 .close =
                     [&](int&, hook_context const& context) {
                       gate never_opens;
                       asked = !never_opens.wait(context.stop);
                     }}};
    until([&] { return p.stats().idle == 1; });
  }
  CHECK(asked);
}

TEST_CASE("a close hook is asked to stop at its timeout after the pool is gone") {
  std::atomic<bool> asked = false;
  std::optional<lease<int>> lent;
  {
    pool<int> p{{.close_timeout = 5ms},
                {.open = [] { return 1; },
                 .close =
                     [&](int&, hook_context const& context) {
                       gate never_opens;
                       asked = !never_opens.wait(context.stop);
                     }}};
    lent.emplace(p.acquire().value());
  }
  lent.reset();
  CHECK(asked);
}

TEST_CASE("a pool may be destroyed while another thread waits in acquire") {
  ledger book;
  std::optional<pool<session>> p;
  p.emplace(pool_options{.max_size = 1}, opening_from(book));
  auto lent = p->acquire().value();
  auto caller = std::async(std::launch::async, [&] { return p->acquire().error().code; });
  until([&] { return p->stats().waiters == 1; });
  p.reset();
  CHECK(caller.get() == errc::closed);
  lent.release();
  CHECK(book.alive == 0);
}

TEST_CASE("idle resources are evicted, and lifetimes end") {
  ledger book;
  pool_options const options{.max_size = 4, .scan_interval = 1ms, .idle_timeout = 2ms};
  pool<session> p{options, opening_from(book)};
  CHECK(p.acquire());
  until([&] { return p.stats().closed_by[close_reason::idle] == 1; });
  CHECK(book.alive == 0);

  pool<session> q{{.scan_interval = 1ms, .max_lifetime = 2ms}, opening_from(book)};
  CHECK(q.acquire());
  until([&] { return q.stats().closed_by[close_reason::lifetime] == 1; });
}
