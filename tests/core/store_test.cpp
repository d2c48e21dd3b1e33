// A user's own idle_store, written as a user would.

#include "support/dialogue.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

/// Keeps use to few resources: always the slot with the lowest number.
class by_slot_number final : public idle_store {
 public:
  void insert(std::uint32_t slot) noexcept override { told_twice_ += !idle_.insert(slot).second; }
  void erase(std::uint32_t slot) noexcept override { told_twice_ += idle_.erase(slot) == 0; }
  std::uint32_t next() noexcept override { return *idle_.begin(); }

  [[nodiscard]] std::set<std::uint32_t> const& idle() const { return idle_; }
  [[nodiscard]] int told_twice() const { return told_twice_; }

 private:
  std::set<std::uint32_t> idle_;
  int told_twice_ = 0; ///< what it has of, or has not
};

/// Spreads use by chance.
class random_slot final : public idle_store {
 public:
  void insert(std::uint32_t slot) noexcept override { idle_.push_back(slot); }
  void erase(std::uint32_t slot) noexcept override { std::erase(idle_, slot); }
  std::uint32_t next() noexcept override { return idle_[random_.next() % idle_.size()]; }

 private:
  std::vector<std::uint32_t> idle_;
  random_source random_{7};
};

struct stored {
  std::shared_ptr<by_slot_number> store = std::make_shared<by_slot_number>();
  pool_options options;

  explicit stored(std::size_t slots) {
    options.max_size = slots;
    options.scan_interval = 1s;
    options.idle_timeout = std::nullopt;
    options.max_lifetime = std::nullopt;
    options.store = store;
  }
};

using slots = std::set<std::uint32_t>;

} // namespace

TEST_CASE("a_store_decides_which_idle_resource_is_lent_next") {
  stored const by_number{3};
  dialogue pool{by_number.options};
  pool.hold(3);
  pool.on(give_back{s(2, 2)});
  pool.on(give_back{s(0, 2)});
  pool.on(give_back{s(1, 2)});
  for (std::uint32_t expected = 0; expected < 3; ++expected) {
    auto const caller = pool.acquire();
    pool.expect({grant{caller, s(expected, 3)}});
  }
}

TEST_CASE("a_store_of_chance_lends_every_resource_sometimes") {
  stored by_chance{3};
  by_chance.options.store = std::make_shared<random_slot>();
  dialogue pool{by_chance.options};
  pool.fill(3);
  slots seen;
  for (auto i = 0; i < 100; ++i) {
    auto const lease = pool.lend();
    seen.insert(lease.index);
    pool.on(give_back{lease});
  }
  CHECK(seen == slots{0, 1, 2});
}

TEST_CASE("a_store_holds_what_is_idle_and_nothing_else") {
  stored mine{3};
  mine.options.check_retries = 0;
  dialogue pool{mine.options, {.check = true}};
  pool.fill(3);
  CHECK(mine.store->idle() == slots{0, 1, 2});
  CHECK(pool.lend() == s(0, 3));
  CHECK(mine.store->idle() == slots{1, 2});
  pool.at(1s).tick();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}, check{s(2, 3), 0, pool.in(1s)}});
  CHECK(mine.store->idle().empty()); // what is checked is not lent
  pool.on(checked{s(1, 3), health::good});
  pool.on(checked{s(2, 3), health::bad});
  pool.expect({close{s(2, 4), close_reason::unhealthy, pool.in(5s)}});
  CHECK(mine.store->idle() == slots{1});
  pool.on(give_back{s(0, 3)});
  CHECK(mine.store->idle() == slots{0, 1});
  pool.on(invalidate{});
  pool.forget_what_was_heard();
  CHECK(mine.store->idle().empty());
  CHECK(mine.store->told_twice() == 0);
}

TEST_CASE("a_store_is_told_of_every_way_in_which_the_pool_closes_idle_ones") {
  stored mine{3};
  mine.options.max_lifetime = 10s;
  mine.options.lifetime_jitter = 0;
  for (auto const& close_all : std::vector<std::function<void(dialogue&)>>{
           [](dialogue& pool) { pool.on(drain{}); },
           [](dialogue& pool) { pool.on(evict_idle{}); },
           [](dialogue& pool) { pool.at(10s).tick(); },
           [](dialogue& pool) { pool.at(10s).acquire(); },
       }) {
    mine.options.store = mine.store = std::make_shared<by_slot_number>();
    dialogue pool{mine.options};
    pool.fill(3);
    close_all(pool);
    pool.forget_what_was_heard();
    CHECK(mine.store->idle().empty());
    CHECK(mine.store->told_twice() == 0);
  }
}

TEST_CASE("a_resize_down_closes_from_the_cold_end_whatever_the_store_prefers") {
  stored const mine{3};
  dialogue pool{mine.options};
  pool.fill(3);
  pool.on(resize{2});
  pool.expect({close{s(0, 3), close_reason::surplus, pool.in(5s)}});
  CHECK(mine.store->idle() == slots{1, 2});
}

TEST_CASE("what_was_checked_for_a_caller_is_lent_to_it_whatever_the_store_prefers") {
  stored mine{2};
  mine.options.check_on_acquire = acquire_check::always;
  dialogue pool{mine.options, {.check = true}};
  pool.hold(2);
  pool.on(give_back{s(1, 2)});
  auto const caller = pool.acquire();
  pool.expect({check{s(1, 3), 0, pool.in(1s)}});
  pool.on(give_back{s(0, 2)}); // which the store prefers
  pool.on(checked{s(1, 3), health::good});
  pool.expect({grant{caller, s(1, 4)}});
  CHECK(mine.store->idle() == slots{0});
}

TEST_CASE("a_store_learns_of_slots_that_a_resize_brings") {
  stored const mine{1};
  dialogue pool{mine.options};
  pool.hold(1);
  pool.on(resize{3});
  CHECK(pool.lend() == s(1, 2));
  CHECK(pool.lend() == s(2, 2));
  pool.on(give_back{s(2, 2)});
  pool.on(give_back{s(1, 2)});
  CHECK(mine.store->idle() == slots{1, 2});
  auto const caller = pool.acquire();
  pool.expect({grant{caller, s(1, 3)}});
}

TEST_CASE("a_store_is_not_asked_while_it_is_empty") {
  stored const mine{1};
  dialogue pool{mine.options};
  pool.hold(1);
  auto const caller = pool.acquire(0s);
  pool.expect({reject{caller, reject_reason::exhausted}});
}

} // namespace conecta::core
