#include "sim/world.hpp"

#include "sim/chance.hpp"

#include <algorithm>

namespace conecta::sim {

namespace {

using namespace std::chrono_literals;

pool_options draw_pool(chance& draw) {
  pool_options pool;
  pool.max_size = draw.happens(0.6) ? draw.between(1, 4) : draw.between(5, 16);
  pool.min_idle = draw.happens(0.5) ? 0 : draw.between(0, pool.max_size);
  pool.max_waiters = draw.happens(0.1)   ? 0
                     : draw.happens(0.4) ? draw.between(1, 4)
                                         : draw.between(5, 40);
  pool.open_timeout = draw.spread(1ms, 1s);
  pool.check_timeout = draw.spread(1ms, 1s);
  pool.reset_timeout = draw.spread(1ms, 1s);
  pool.close_timeout = draw.spread(1ms, 1s);
  pool.open_concurrency = draw.between(1, 4);
  pool.check_concurrency = draw.between(1, 4);
  pool.check_retries = static_cast<unsigned>(draw.below(4));
  pool.backoff.initial = draw.spread(1ms, 100ms);
  pool.backoff.limit = pool.backoff.initial * static_cast<int>(draw.between(1, 100));
  pool.backoff.jitter = draw.happens(0.3) ? 0.0 : draw.happens(0.2) ? 1.0 : 0.5;
  pool.scan_interval = draw.spread(1ms, 2s);
  pool.idle_timeout = draw.happens(0.3) ? std::nullopt : std::optional{draw.spread(1ms, 5s)};
  pool.max_lifetime = draw.happens(0.3) ? std::nullopt : std::optional{draw.spread(2ms, 10s)};
  pool.lifetime_jitter = draw.happens(0.3) ? 0.0 : draw.happens(0.2) ? 0.9 : 0.1;
  pool.initial_size = draw.happens(0.7) ? 0 : draw.between(0, pool.max_size);
  if (draw.happens(0.2)) {
    pool.max_idle = draw.between(std::max(pool.min_idle, pool.initial_size), pool.max_size);
  }
  if (pool.max_idle == 0) { // nobody could ever be served
    pool.max_waiters = std::max<std::size_t>(pool.max_waiters, 1);
  }
  pool.when_down = draw.happens(0.7) ? while_down::wait : while_down::fail_fast;
  if (pool.max_waiters > 0 && draw.happens(0.3)) {
    pool.check_on_acquire = draw.happens(0.3) ? acquire_check::always : acquire_check::if_idle_for;
    pool.check_if_idle_for = draw.spread(1ms, 1s);
  }
  if (pool.max_waiters > 0 && draw.happens(0.3)) {
    pool.after_bad_check = bad_check::makes_older_suspect;
  }
  if (draw.happens(0.2)) {
    pool.max_uses = static_cast<std::uint32_t>(draw.between(1, 20));
  }
  if (draw.happens(0.3)) {
    pool.leak_threshold = draw.spread(1ms, 500ms);
    if (draw.happens(0.5)) {
      pool.reclaim_after = *pool.leak_threshold + draw.spread(1ms, 500ms);
    }
  }
  if (draw.happens(0.4)) {
    pool.fair = fairness::barging;
    pool.max_overtaken = static_cast<unsigned>(draw.between(1, 8));
  }
  pool.order = draw.happens(0.5) ? idle_order::lifo : idle_order::fifo;
  pool.returned = draw.happens(0.5) ? on_return::lend_again : on_return::reset;
  return pool;
}

/// Each kind of fault is in or out; what is in shares what the kinds before it left.
plan draw_faults(chance& draw) {
  plan drawn;
  for (std::size_t h = 0; h < hook_count; ++h) {
    auto left = draw.happens(0.1) ? 1.0 : 0.7;
    for (std::size_t o = 0; o < outcome_count; ++o) {
      fault that{.at = static_cast<hook>(h), .what = static_cast<outcome>(o)};
      if (!fits(that.at, that.what) || !draw.happens(0.45)) {
        continue;
      }
      that.probability = left * draw.unit() * draw.unit();
      left -= that.probability;
      that.delay = draw.happens(0.2) ? 0ns : draw.spread(10us, 500ms);
      that.jitter = draw.happens(0.5) ? 0ns : that.delay;
      if (that.what == outcome::jump) {
        that.probability *= 0.02;
        that.delay = draw.happens(0.2) ? duration{24h * 400} : draw.spread(1ms, 100s);
      }
      drawn.push_back(that);
    }
  }
  return drawn;
}

/// The longest time that means something to this pool; callers live on a scale below it.
duration horizon_of(pool_options const& pool) {
  return std::max({duration{1ms}, pool.scan_interval, pool.idle_timeout.value_or(0ns),
                   pool.max_lifetime.value_or(0ns), pool.open_timeout});
}

habits draw_habits(chance& draw, pool_options const& pool) {
  auto const some = [&draw](double most) {
    return draw.happens(0.5) ? draw.unit() * draw.unit() * most : 0.0;
  };
  habits drawn;
  drawn.callers = draw.happens(0.3) ? draw.between(1, 3) : draw.between(2, 24);
  drawn.pace = draw.spread(10us, std::max(duration{20us}, horizon_of(pool) / 2));
  drawn.asks_once = some(1);
  drawn.waits_forever = some(0.5);
  drawn.cancels = some(1);
  drawn.cancels_in_spite = draw.unit();
  drawn.discards = some(0.7);
  drawn.detaches = some(0.3);
  drawn.repeats = some(0.5);
  drawn.brings = some(0.3);
  drawn.spurns = some(0.3);
  drawn.manages = some(0.2);
  drawn.obeys = draw.happens(0.5) ? draw.unit() : 0.0;
  drawn.timer_is_late = draw.happens(0.7) ? 0.0 : draw.unit();
  drawn.timer_goes_first = draw.happens(0.5);
  drawn.drains_amid = draw.happens(0.25);
  return drawn;
}

} // namespace

world draw_world(settings const& of, std::uint64_t seed) {
  chance pools{seed, purpose::pool};
  chance faults{seed, purpose::faults};
  chance manners{seed, purpose::habits};
  world drawn;
  drawn.pool = of.pool ? *of.pool : draw_pool(pools);
  auto const free = !of.pool;
  drawn.checks = of.checks && (!free || pools.happens(0.7));
  drawn.resets = of.resets && (!free || pools.happens(0.7));
  drawn.looks = manners.happens(0.5);
  drawn.faults = of.faults ? *of.faults : draw_faults(faults);
  drawn.callers = draw_habits(manners, drawn.pool);
  drawn.callers.callers = of.callers.value_or(drawn.callers.callers);
  drawn.start = manners.happens(0.5) ? instant{} : instant{24h * 365};
  return drawn;
}

} // namespace conecta::sim
