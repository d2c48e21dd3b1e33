// The life of a pool, ended from everywhere that a pool calls: its hooks, and everything that its
// observer hears of, on whichever thread.

#include "support/balance.hpp"
#include "support/ledger.hpp"
#include "support/printing.hpp"
#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

using sessions = pool<session>;

/// Does something once, when it comes by the place that was named.
class ambush {
 public:
  ambush(std::string_view where, std::function<void()> what)
      : where_{where}, what_{std::move(what)} {}

  void pass(std::string_view place) {
    if (place == where_ && !sprung_.exchange(true)) {
      what_();
      over_ = true;
    }
  }
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  std::string where_;
  std::function<void()> what_;
  std::atomic<bool> sprung_ = false;
  std::atomic<bool> over_ = false;
};

constexpr std::array every_hook{"open", "check", "reset", "close"};
constexpr std::array everything_told{"opened",    "open_failed", "acquired", "waited",
                                     "returned",  "checked",     "closed",   "leaked",
                                     "reclaimed", "came_back"};

class ambushed_observer final : public pool_observer {
 public:
  explicit ambushed_observer(std::shared_ptr<ambush> trap) : trap_{std::move(trap)} {}
  void opened(duration) override { trap_->pass("opened"); }
  void open_failed(error_code, std::string_view, duration) override { trap_->pass("open_failed"); }
  void acquired(duration) override { trap_->pass("acquired"); }
  void waited(duration, error_code) override { trap_->pass("waited"); }
  void returned(duration) override { trap_->pass("returned"); }
  void checked(bool, unsigned) override { trap_->pass("checked"); }
  void closed(close_reason) override { trap_->pass("closed"); }
  void leaked(lease_info const&) override { trap_->pass("leaked"); }
  void reclaimed(lease_info const&) override { trap_->pass("reclaimed"); }
  void came_back(lease_info const&, duration) override { trap_->pass("came_back"); }

 private:
  std::shared_ptr<ambush> trap_;
};

/// Every third open fails, the first one of all.
blocking_endpoint<session> passing(std::shared_ptr<ambush> trap, ledger& book) {
  return {.open =
              [trap, &book, opens = std::make_shared<std::atomic<int>>(0)] {
                trap->pass("open");
                if ((*opens)++ % 3 == 0) {
                  throw std::runtime_error{"refused"};
                }
                return session{book};
              },
          .check =
              [trap](session&) {
                trap->pass("check");
                return true;
              },
          .reset =
              [trap](session&) {
                trap->pass("reset");
                return true;
              },
          .close = [trap](session&) { trap->pass("close"); }};
}

pool_options eventful(std::string_view place, std::shared_ptr<ambush> trap) {
  pool_options options;
  options.max_size = place == "waited" ? 1 : 2;
  options.backoff = {.initial = 10us, .limit = 100us};
  options.scan_interval = 1ms;
  options.leak_threshold = 1ms;
  if (place == "reclaimed") {
    options.reclaim_after = 2ms;
  }
  options.returned = on_return::reset;
  options.observer = std::make_shared<ambushed_observer>(std::move(trap));
  return options;
}

/// Brings the pool past every place, but for those that it comes by itself when left alone.
[[nodiscard]] lease<session> lead_past(std::string_view place, sessions& p, ledger& book) {
  auto const found_alone = {"open", "opened", "open_failed", "check", "checked"};
  if (std::find(found_alone.begin(), found_alone.end(), place) != found_alone.end()) {
    return {};
  }
  p.add(session{book});
  auto lent = p.acquire().value();
  if (place == "waited") {
    static_cast<void>(p.acquire_for(100ms)); // long enough to be queued on a busy machine
  } else if (place == "came_back") {
    until([&] { return p.stats().leaked == 1; });
    lent.release();
  } else if (place == "close" || place == "closed") {
    lent.discard();
  } else if (place == "returned" || place == "reset") {
    lent.release();
  }
  return lent;
}

template <class Scene>
void at_every_place(Scene const& scene) {
  for (auto const* const hook : every_hook) {
    INFO("in the hook " << hook);
    scene(hook);
  }
  for (auto const* const what : everything_told) {
    INFO("when the observer hears: " << what);
    scene(what);
  }
}

} // namespace

TEST_CASE(
    "a pool may be closed from each hook and each call of the observer, which does not wait") {
  at_every_place([](std::string_view place) {
    ledger book;
    gate built;
    sessions* closing = nullptr;
    auto const trap = std::make_shared<ambush>(place, [&] {
      built.wait();
      closing->close(1h);
    });
    {
      auto options = eventful(place, trap);
      options.min_idle = 1;
      sessions p{options, passing(trap, book)};
      closing = &p;
      built.open();
      auto lent = lead_past(place, p, book);
      until([&] { return trap->is_over(); });
      lent.release();
      CHECK(p.acquire().error().code == errc::closed);
      CHECK(p.close(20s) == 0);
      auto const end = p.stats();
      require_balance(end);
      CHECK(end.idle + end.leased + end.opening + end.closing + end.stuck + end.waiters == 0);
      CHECK(end.observer_errors == 0);
    }
    CHECK(book.alive == 0);
  });
}

TEST_CASE("a pool may be destroyed in each hook and each call of the observer") {
  at_every_place([](std::string_view place) {
    ledger book;
    gate built;
    std::unique_ptr<sessions> p;
    auto trap = std::make_shared<ambush>(place, [&] {
      built.wait();
      p.reset();
    });
    auto options = eventful(place, trap);
    options.min_idle = 1;
    p = std::make_unique<sessions>(options, passing(trap, book));
    auto& pool_to_be_destroyed = *p;
    built.open();
    auto lent = lead_past(place, pool_to_be_destroyed, book);
    until([&] { return trap->is_over(); });
    lent.release();
    CHECK(p == nullptr);
    options = {};
    std::weak_ptr<ambush> const held_by_the_pool{std::exchange(trap, nullptr)};
    until([&] { return held_by_the_pool.expired(); }); // its threads end, and so does its state
    CHECK(book.alive == 0);
  });
}

TEST_CASE("a pool that is destroyed during a hook asks the hook to stop, and waits for it") {
  for (std::string_view const place : every_hook) {
    INFO("in the hook " << place);
    ledger book;
    gate begun;
    std::atomic<bool> ended = false;
    auto const linger = [&](std::string_view here, hook_context const& context) {
      if (here == place) {
        begun.open();
        gate never_opens;
        never_opens.wait(context.stop);
        ended = true;
      }
    };
    pool_options options;
    options.max_size = 1;
    options.min_idle = 1;
    options.close_timeout = 5ms; // the others are stopped because the pool closes
    options.scan_interval = 1ms;
    options.returned = on_return::reset;
    auto p = std::make_unique<sessions>(
        options,
        blocking_endpoint<session>{
            .open =
                [&](hook_context const& context) {
                  linger("open", context);
                  return session{book};
                },
            .check =
                [&](session&, unsigned, hook_context const& now) {
                  linger("check", now);
                  return true;
                },
            .reset =
                [&](session&, hook_context const& context) {
                  linger("reset", context);
                  return true;
                },
            .close = [&](session&, hook_context const& context) { linger("close", context); }});
    if (place == "reset" || place == "close") {
      auto lent = p->acquire().value();
      place == "reset" ? lent.release() : lent.discard();
    }
    begun.wait();
    p.reset();
    CHECK(ended);
    CHECK(book.alive == 0);
  }
}
