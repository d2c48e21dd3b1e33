#include "property/small_world.hpp"

#include "core/message_text.hpp"
#include "property/script.hpp"

#include <chrono>
#include <deque>
#include <unordered_set>

namespace conecta::property {

namespace {

using core::health;
using core::slot_state;

/// A timeout that is not what a world is about lies beyond the end of time, where the machine's
/// arithmetic saturates: no hook of it ever gets stuck, and no scan comes.
constexpr instant start = never - std::chrono::hours{24};
constexpr duration never_in_this_world = std::chrono::hours{48};

class explorer {
 public:
  explicit explorer(small_world const& that) : world_{that} {}

  exploration run() {
    visit({{world_.options, world_.hooks, 1, start}, start, root}, root, core::tick{});
    while (!frontier_.empty() && !found_.complaint) {
      auto const here = std::move(frontier_.front());
      frontier_.pop_front();
      for (auto const& what : events_in(here)) {
        follow(here, what);
      }
      // A nanosecond passes and nobody notices: the driver's timer is late, events still come.
      auto later = here;
      later.now += duration{1};
      visit(std::move(later), here.step, std::nullopt);
    }
    return found_;
  }

 private:
  static constexpr std::size_t root = 0;

  struct state {
    referee game;
    instant now;
    std::size_t step;
  };

  struct step {
    std::size_t before;
    instant when;
    std::optional<core::event> what;
  };

  [[nodiscard]] bool happens(happening what) const { return world_.happenings.contains(what); }

  std::vector<core::event> events_in(state const& here) const {
    std::vector<core::event> events{core::tick{}};
    for (auto const patience : world_.patience) {
      events.emplace_back(core::acquire{saturating_add(here.now, patience)});
    }
    for (auto const& waiting : here.game.expected().callers()) {
      events.emplace_back(core::cancel{waiting.name});
      if (waiting.awake) {
        events.emplace_back(core::retry{waiting.name});
      }
    }
    for (auto const& that : here.game.expected().things()) {
      add_answers(that, here.now, events);
    }
    if (happens(happening::detach_and_add)) {
      events.emplace_back(core::reserve{});
    }
    if (happens(happening::drain)) {
      events.emplace_back(core::drain{});
    }
    if (happens(happening::resize)) {
      for (std::size_t size = 1; size <= world_.options.max_size; ++size) {
        events.emplace_back(core::resize{size});
      }
    }
    if (happens(happening::invalidate)) {
      events.emplace_back(core::invalidate{});
    }
    if (happens(happening::evict_idle)) {
      events.emplace_back(core::evict_idle{});
    }
    if (happens(happening::suspend)) {
      events.emplace_back(core::suspend{});
      events.emplace_back(core::resume{});
    }
    return events;
  }

  void add_answers(thing const& that, instant now, std::vector<core::event>& events) const {
    switch (that.state) {
    case slot_state::vacant:
    case slot_state::idle:
      return;
    case slot_state::opening:
      events.emplace_back(core::opened{that.name});
      if (happens(happening::open_fails)) {
        events.emplace_back(core::open_failed{that.name});
      }
      return;
    case slot_state::checking:
      events.emplace_back(core::checked{that.name, health::good});
      if (happens(happening::check_fails)) {
        events.emplace_back(core::checked{that.name, health::bad});
      }
      if (happens(happening::does_not_begin)) {
        events.emplace_back(core::checked{that.name, health::unknown});
      }
      return;
    case slot_state::leased:
      events.emplace_back(core::give_back{that.name});
      if (happens(happening::discard)) {
        events.emplace_back(core::discard{that.name, close_reason::broken});
      }
      if (happens(happening::detach_and_add)) {
        events.emplace_back(core::detach{that.name});
      }
      if (happens(happening::spurn)) {
        events.emplace_back(core::spurn{that.name, instant::min()});
        events.emplace_back(core::spurn{that.name, now + duration{2}});
      }
      return;
    case slot_state::resetting:
      events.emplace_back(core::reset_done{that.name, health::good});
      if (happens(happening::reset_fails)) {
        events.emplace_back(core::reset_done{that.name, health::bad});
      }
      if (happens(happening::does_not_begin)) {
        events.emplace_back(core::reset_done{that.name, health::unknown});
      }
      return;
    case slot_state::closing:
      events.emplace_back(core::closed{that.name});
      return;
    }
  }

  void follow(state const& here, core::event const& what) {
    if (found_.complaint) {
      return;
    }
    auto next = here;
    ++found_.transitions;
    if (auto const wrong = next.game.on(next.now, what)) {
      complain(*wrong, here.step, next.now, what);
      return;
    }
    visit(std::move(next), here.step, what);
  }

  void visit(state next, std::size_t before, std::optional<core::event> const& what) {
    if (!known_.insert(next.game.played().canonical(next.now)).second) {
      return;
    }
    next.step = steps_.size();
    steps_.push_back({before, next.now, what});
    ++found_.states;
    if (found_.states > most_states) {
      found_.complaint = "more than " + std::to_string(most_states) + " states";
      return;
    }
    if (auto const wrong = refuses_old_names(next)) {
      complain(*wrong, next.step, next.now, std::nullopt);
      return;
    }
    auto copy = next.game;
    if (auto const wrong = finish(copy, next.now)) {
      complain("the pool cannot close: " + *wrong, next.step, next.now, std::nullopt);
      return;
    }
    frontier_.push_back(std::move(next));
  }

  /// The name before the present one of each slot stands for everything that comes too late.
  static std::optional<std::string> refuses_old_names(state const& here) {
    auto game = here.game;
    for (std::uint32_t index = 0; index < game.generations().size(); ++index) {
      slot_ref const old{index, game.generations()[index] - 1};
      for (auto const& what :
           {core::event{core::give_back{old}}, core::event{core::detach{old}},
            core::event{core::opened{old}}, core::event{core::closed{old}},
            core::event{core::checked{old}}, core::event{core::reset_done{old}}}) {
        if (auto wrong = game.on(here.now, what)) {
          return core::to_text(what) + ": " + *wrong;
        }
      }
    }
    return std::nullopt;
  }

  void complain(std::string const& wrong, std::size_t at, instant now,
                std::optional<core::event> const& what) {
    std::vector<std::string> lines;
    if (what) {
      lines.push_back(line(now, *what));
    }
    for (; at != root; at = steps_[at].before) {
      if (steps_[at].what) {
        lines.push_back(line(steps_[at].when, *steps_[at].what));
      }
    }
    auto text = world_.name + ": " + wrong + "\nafter\n";
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
      text += *it;
    }
    found_.complaint = text;
  }

  static std::string line(instant when, core::event const& what) {
    return std::to_string(when.time_since_epoch().count()) + " " + core::to_text(what) + "\n";
  }

  small_world const& world_;
  exploration found_;
  std::deque<state> frontier_;
  std::unordered_set<std::string> known_;
  std::vector<step> steps_;
};

pool_options small_options(world_size size) {
  pool_options options;
  options.max_size = static_cast<std::size_t>(size);
  options.max_waiters = 3;
  options.open_timeout = never_in_this_world;
  options.check_timeout = never_in_this_world;
  options.reset_timeout = never_in_this_world;
  options.close_timeout = never_in_this_world;
  options.scan_interval = never_in_this_world;
  options.idle_timeout = std::nullopt;
  options.max_lifetime = std::nullopt;
  options.backoff = {.initial = duration{1}, .limit = duration{1}, .jitter = 0.0};
  return options;
}

} // namespace

exploration explore(small_world const& that) { return explorer{that}.run(); }

std::vector<small_world> small_worlds(world_size size) {
  using enum happening;
  std::vector<small_world> worlds;
  auto const add = [&worlds, size](std::string name, std::vector<duration> patience,
                                   std::set<happening> happenings) -> small_world& {
    worlds.push_back({.name = std::move(name),
                      .options = small_options(size),
                      .hooks = {},
                      .patience = std::move(patience),
                      .happenings = std::move(happenings)});
    return worlds.back();
  };

  add("waiting: deadlines and cancels", {duration{0}, duration{1}, duration{2}, forever},
      {discard});

  auto& failing =
      add("failing opens with backoff", {duration{0}, duration{3}, forever}, {open_fails});
  failing.options.backoff.limit = duration{3};

  auto& recovery = add("recovery without a herd", {forever}, {open_fails});
  recovery.options.max_size = 4;
  recovery.options.max_waiters = 4;

  auto& stuck = add("stuck hooks", {duration{2}, forever}, {discard});
  stuck.options.open_timeout = duration{2};
  stuck.options.close_timeout = duration{1};

  auto& checks = add("checks with retries", {duration{0}, forever}, {check_fails, does_not_begin});
  checks.hooks.check = true;
  checks.options.scan_interval = duration{2};
  checks.options.check_retries = 1;
  checks.options.check_concurrency = 1;
  checks.options.check_timeout = duration{2};

  auto& fifo = add("idle ones in fifo order", {duration{0}, forever}, {});
  fifo.options.order = idle_order::fifo;
  fifo.options.min_idle = 2;

  auto& eviction = add("idle eviction above min_idle", {duration{0}, forever}, {});
  eviction.options.min_idle = 1;
  eviction.options.idle_timeout = duration{2};
  eviction.options.scan_interval = duration{1};

  auto& lifetime = add("lifetime", {duration{0}, duration{2}}, {});
  lifetime.options.max_lifetime = duration{3};
  lifetime.options.scan_interval = duration{2};

  auto& resets = add("reset on return", {duration{1}, forever}, {reset_fails, does_not_begin});
  resets.options.returned = on_return::reset;
  resets.hooks.reset = true;
  resets.options.reset_timeout = duration{2};

  add("add and detach", {duration{0}, forever}, {detach_and_add, open_fails});

  auto& closing = add("close", {duration{1}, forever},
                      {drain, open_fails, check_fails, discard, detach_and_add});
  closing.hooks = {.check = true, .reset = true};
  closing.options.returned = on_return::reset;
  closing.options.max_waiters = static_cast<std::size_t>(size);
  closing.options.scan_interval = duration{1};
  closing.options.check_retries = 0;
  closing.options.close_timeout = duration{1};

  add("resize", {duration{0}, forever}, {resize, discard}).options.max_size = 3;

  auto& reclaim = add("leaks and reclaim", {forever}, {});
  reclaim.options.leak_threshold = duration{1};
  reclaim.options.reclaim_after = duration{2};

  auto& generations = add("two generations", {duration{1}, forever}, {invalidate});
  generations.hooks.check = true;
  generations.options.scan_interval = duration{2};
  generations.options.check_retries = 0;

  auto& suspended = add("suspend and resume", {duration{0}, duration{2}, forever}, {suspend});
  suspended.options.min_idle = 1;

  auto& barging = add("barging", {duration{0}, forever}, {});
  barging.options.max_waiters = 2; // with three, it takes minutes
  barging.options.max_overtaken = 2;
  barging.options.fair = fairness::barging;

  auto& on_demand =
      add("checks on acquire", {duration{0}, duration{2}, forever}, {check_fails, does_not_begin});
  on_demand.hooks.check = true;
  on_demand.options.check_on_acquire = acquire_check::always;
  on_demand.options.check_timeout = duration{1};

  auto& sometimes = add("checks of what was idle", {duration{0}, forever}, {check_fails});
  sometimes.hooks.check = true;
  sometimes.options.check_on_acquire = acquire_check::if_idle_for;
  sometimes.options.check_if_idle_for = duration{2};
  sometimes.options.check_retries = 1;

  auto& suspicion = add("suspicion", {duration{0}, forever}, {check_fails});
  suspicion.hooks.check = true;
  suspicion.options.after_bad_check = bad_check::makes_older_suspect;
  suspicion.options.scan_interval = duration{2};
  suspicion.options.check_retries = 0;
  suspicion.options.check_concurrency = 1;

  auto& looking = add("resources found unusable", {duration{0}, duration{2}, forever}, {spurn});
  looking.hooks.look = true;
  looking.options.max_waiters = static_cast<std::size_t>(size);

  auto& uses = add("a limit of uses", {duration{0}, forever}, {});
  uses.options.max_uses = 2;
  uses.options.max_size = 3;

  auto& idle_limit = add("a limit of idle ones", {duration{0}, forever}, {evict_idle});
  idle_limit.options.max_size = 3;
  idle_limit.options.initial_size = 1;
  idle_limit.options.max_idle = 1;

  auto& replaced = add("replaced before retirement", {forever}, {});
  replaced.options.min_idle = 1;
  replaced.options.max_lifetime = duration{16};
  replaced.options.open_timeout = duration{2};
  replaced.options.scan_interval = duration{1};

  auto& failing_fast = add("failing fast", {duration{0}, duration{3}, forever}, {open_fails});
  failing_fast.options.when_down = while_down::fail_fast;
  failing_fast.options.max_size = 3;
  failing_fast.options.initial_size = 2;

  auto& all = add("all of it at once", {duration{0}, duration{2}, forever},
                  {open_fails, check_fails, reset_fails, discard, detach_and_add});
  all.hooks = {.check = true, .reset = true};
  all.options.returned = on_return::reset;
  all.options.max_waiters = static_cast<std::size_t>(size);
  all.options.min_idle = 1;
  all.options.scan_interval = duration{2};
  all.options.idle_timeout = duration{2};
  all.options.check_retries = 0;
  all.options.open_timeout = duration{2};
  return worlds;
}

} // namespace conecta::property
