#include <conecta/driver.hpp>
#include <conecta/patience.hpp>

#include "base/assert.hpp"
#include "base/mutex.hpp"
#include "driver/blocking.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <functional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conecta::driver {

/// Two lanes share the workers: opens have open_concurrency of them to themselves; checks, resets
/// and closes share the others in the order they came, so that none of them starves. A worker
/// starts when there is more to do than idle workers.
class crew::threads final : public carrier {
 public:
  threads(pool_options const& options, hooks_present present, hook_table& hooks)
      : hooks_{hooks},
        looks_{present.look},
        engine_{options, present, *this},
        most_others_{engine_.options().check_concurrency + 1},
        most_workers_{engine_.options().open_concurrency + most_others_},
        latest_(slots_of(engine_.options()), 0) {
    workers_.reserve(most_workers_ + 1); // dismiss() adds the timer
  }

  ~threads() { CONECTA_ASSERT(dismissed(), "crew: destroyed before it was dismissed"); }

  void start(std::weak_ptr<void> owner) {
    owner_ = std::move(owner);
    {
      scoped_lock const lock{mutex_};
      timer_ = std::thread{[this, alive = owner_.lock()] { watch_time(); }};
    }
    engine_.tick();
  }
  engine& machinery() noexcept { return engine_; }

  void open(slot_ref slot, instant deadline) override { enqueue({hook::open, slot, 0, deadline}); }
  void check(slot_ref slot, unsigned failures_so_far, instant deadline) override {
    enqueue({hook::check, slot, failures_so_far, deadline});
  }
  void reset(slot_ref slot, instant deadline) override {
    enqueue({hook::reset, slot, 0, deadline});
  }
  void close(slot_ref slot, instant deadline) override {
    enqueue({hook::close, slot, 0, deadline});
  }

  /// Decided under the engine's lock but carried out after it, so it may come before its hook does.
  void interrupt(slot_ref slot) override {
    std::stop_source source{std::nostopstate};
    {
      scoped_lock const lock{mutex_};
      auto& latest = latest_[slot.index];
      if (is_newer(slot.generation, latest)) {
        latest = slot.generation;
      } else if (auto const found = running_.find(slot.index);
                 found != running_.end() && latest == slot.generation) {
        source = found->second;
      }
    }
    source.request_stop();
  }

  void wake_at(instant when) override {
    scoped_lock const lock{mutex_};
    if (when < wake_at_) {
      wake_at_ = when;
      time_changed_.notify_one();
    }
  }

  void drained() override {
    {
      scoped_lock const lock{mutex_};
      drained_ = true;
      everything_closed_.notify_all();
    }
    hooks_.everything_closed();
  }

  void make_room(std::size_t slots) override {
    hooks_.make_room(slots);
    scoped_lock const lock{mutex_};
    latest_.resize(std::max(slots, latest_.size()), 0);
  }

  result<slot_ref> acquire(acquire_options const& options, std::source_location where) {
    return acquire_blocking(engine_, looks_ ? &hooks_ : nullptr, options, where);
  }

  std::size_t close_pool(duration grace) {
    engine_.drain();
    if (is_called_by_the_pool()) {
      return engine_.stats().leased;
    }
    auto const deadline = saturating_add(std::chrono::steady_clock::now(), grace);
    {
      scoped_lock const lock{mutex_};
      while (!drained_ && std::chrono::steady_clock::now() < deadline) {
        everything_closed_.wait_until(mutex_, deadline);
      }
    }
    return engine_.stats().leased;
  }

  /// The time is watched until the last hook has returned, so that each is still asked to stop.
  void dismiss() {
    std::vector<std::thread> ending;
    {
      scoped_lock const lock{mutex_};
      stopping_ = true;
      ending.swap(workers_);
      if (timer_.joinable()) {
        ending.push_back(std::move(timer_));
      }
      time_changed_.notify_all();
      work_arrived_.notify_all();
    }
    auto const from_within = is_called_by_the_pool();
    for (auto& each : ending) {
      from_within ? each.detach() : each.join();
    }
  }

 private:
  enum class hook : std::uint8_t { open, check, reset, close };

  struct task {
    hook kind;
    slot_ref slot;
    unsigned failures_so_far;
    instant deadline;
  };

  using lane = std::deque<task, patient_allocator<task>>;

  /// By slot, while its hook runs or waits for its turn.
  using stop_sources =
      std::unordered_map<std::uint32_t, std::stop_source, std::hash<std::uint32_t>, std::equal_to<>,
                         patient_allocator<std::pair<std::uint32_t const, std::stop_source>>>;

  /// A hook that this thread is inside of; one may lead into another pool's.
  struct frame {
    threads const* of;
    frame const* outer;
  };
  static inline thread_local frame const* innermost = nullptr;

  /// Whether this thread is inside a hook or the observer of this pool: what it would wait for
  /// may be waiting for it.
  [[nodiscard]] bool is_called_by_the_pool() const noexcept {
    auto const* each = innermost;
    while (each != nullptr && each->of != this) {
      each = each->outer;
    }
    return each != nullptr || engine_.tells_here();
  }

  [[nodiscard]] bool dismissed() {
    scoped_lock const lock{mutex_};
    return workers_.empty() && !timer_.joinable();
  }

  void enqueue(task what) {
    {
      scoped_lock const lock{mutex_};
      remember(what.slot);
      if (!stopping_) {
        auto& queue = what.kind == hook::open ? opens_ : others_;
        queue.push_back(what);
        if (opens_.size() + others_.size() > idle_workers_ && living_workers_ < most_workers_) {
          start_worker();
        }
        if (living_workers_ > 0) {
          work_arrived_.notify_one();
          return;
        }
        queue.pop_back();
      }
    }
    carry_out_here(what);
  }

  /// Generations only grow, until they begin anew.
  static bool is_newer(std::uint32_t generation, std::uint32_t than) noexcept {
    return static_cast<std::int32_t>(generation - than) > 0;
  }

  void remember(slot_ref slot) CONECTA_REQUIRES(mutex_) {
    auto stop = patiently([] { return std::stop_source{}; });
    if (std::exchange(latest_[slot.index], slot.generation) == slot.generation) {
      stop.request_stop(); // interrupted before it came; nobody has its token yet
    }
    running_.insert_or_assign(slot.index, std::move(stop));
  }

  /// Before the engine is told: then the slot's next hook may come.
  void forget(slot_ref slot) {
    scoped_lock const lock{mutex_};
    running_.erase(slot.index);
  }

  /// Without a thread for one more, those that live must do.
  void start_worker() CONECTA_REQUIRES(mutex_) {
    try {
      workers_.emplace_back([this, alive = owner_.lock()] { work(); });
      ++living_workers_;
    } catch (std::exception const&) {
      return;
    }
  }

  std::optional<task> next_task() CONECTA_REQUIRES(mutex_) {
    auto const others_may_run = busy_others_ < most_others_;
    for (auto* const queue : {&opens_, &others_}) {
      if (!queue->empty() && (queue == &opens_ || others_may_run)) {
        auto const what = queue->front();
        queue->pop_front();
        return what;
      }
    }
    return std::nullopt;
  }

  void work() {
    for (;;) {
      std::optional<task> what;
      {
        scoped_lock const lock{mutex_};
        while (!(what = next_task()) && !stopping_) {
          ++idle_workers_;
          work_arrived_.wait(mutex_);
          --idle_workers_;
        }
        if (!what) {
          --living_workers_;
          time_changed_.notify_one();
          return;
        }
        busy_others_ += what->kind == hook::open ? 0U : 1U;
      }
      carry_out(*what);
      scoped_lock const lock{mutex_};
      if (what->kind != hook::open) {
        --busy_others_;
        work_arrived_.notify_one();
      }
    }
  }

  /// In the thread that caused it, because the pool is gone or no worker can be started. Nobody
  /// else may be watching the time by now. An open is not worth that: its caller may be waiting.
  void carry_out_here(task const& what) {
    if (what.kind == hook::open) {
      auto const code = make_error_code(boost::system::errc::resource_unavailable_try_again);
      engine_.open_failed(what.slot,
                          {code, copy_if_possible("no thread could be started to open it")});
      return;
    }
    std::optional<std::jthread> watch;
    try {
      watch.emplace([&](std::stop_token const& done) { tick_unless(done, what.deadline); });
    } catch (std::exception const&) {
      watch.reset(); // the deadline in the hook's context must do
    }
    carry_out(what);
  }

  void tick_unless(std::stop_token const& done, instant deadline) {
    mutex alone;
    std::condition_variable_any timer;
    scoped_lock const lock{alone};
    timer.wait_until(alone, done, deadline, [] { return false; });
    if (!done.stop_requested()) {
      engine_.tick();
    }
  }

  /// Runs the hook and tells the engine. What close throws is dropped: the resource is gone. A hook
  /// that was asked to stop before it began does not begin, but for close.
  void carry_out(task const& what) {
    hook_context context{what.deadline, {}};
    {
      scoped_lock const lock{mutex_};
      context.stop = running_.at(what.slot.index).get_token();
    }
    std::optional<open_failure> failed;
    auto found = engine::health::bad;
    if (what.kind != hook::close && context.stop.stop_requested()) {
      found = engine::health::unknown;
      failed = {make_error_code(errc::cancelled),
                copy_if_possible("it was called off before it began")};
    } else {
      frame const here{this, std::exchange(innermost, &here)};
      try {
        found = run_hook(what, context) ? engine::health::good : engine::health::bad;
      } catch (...) {
        failed = current_open_failure();
      }
      innermost = here.outer;
    }
    forget(what.slot);
    switch (what.kind) {
    case hook::open:
      failed ? engine_.open_failed(what.slot, std::move(*failed)) : engine_.opened(what.slot);
      return;
    case hook::check:
      engine_.checked(what.slot, found);
      return;
    case hook::reset:
      engine_.reset_done(what.slot, found);
      return;
    case hook::close:
      engine_.closed(what.slot);
      return;
    }
  }

  bool run_hook(task const& what, hook_context const& context) {
    switch (what.kind) {
    case hook::open:
      hooks_.run_open(what.slot.index, context);
      return true;
    case hook::check:
      return hooks_.run_check(what.slot.index, what.failures_so_far, context);
    case hook::reset:
      return hooks_.run_reset(what.slot.index, context);
    case hook::close:
      hooks_.run_close(what.slot.index, context);
      return true;
    }
    return false;
  }

  [[nodiscard]] bool time_matters() const CONECTA_REQUIRES(mutex_) {
    return !stopping_ || living_workers_ > 0;
  }

  void watch_time() {
    for (;;) {
      {
        scoped_lock const lock{mutex_};
        while (time_matters() && std::chrono::steady_clock::now() < wake_at_) {
          auto const when = wake_at_; // wait_until reads its argument after it has let the lock go
          when == never ? time_changed_.wait(mutex_) : time_changed_.wait_until(mutex_, when);
        }
        if (!time_matters()) {
          return;
        }
        wake_at_ = never;
      }
      engine_.tick();
    }
  }

  hook_table& hooks_;
  bool const looks_;
  engine engine_;
  std::size_t const most_others_;
  std::size_t const most_workers_;
  std::weak_ptr<void> owner_;

  mutex mutex_;
  condition work_arrived_;
  condition time_changed_;
  condition everything_closed_;
  lane opens_ CONECTA_GUARDED_BY(mutex_);
  lane others_ CONECTA_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> latest_ CONECTA_GUARDED_BY(mutex_); ///< hook of each slot: generation
  stop_sources running_ CONECTA_GUARDED_BY(mutex_);
  std::vector<std::thread> workers_ CONECTA_GUARDED_BY(mutex_);
  std::thread timer_ CONECTA_GUARDED_BY(mutex_);
  std::size_t living_workers_ CONECTA_GUARDED_BY(mutex_) = 0;
  std::size_t idle_workers_ CONECTA_GUARDED_BY(mutex_) = 0;
  std::size_t busy_others_ CONECTA_GUARDED_BY(mutex_) = 0;
  instant wake_at_ CONECTA_GUARDED_BY(mutex_) = never;
  bool drained_ CONECTA_GUARDED_BY(mutex_) = false;
  bool stopping_ CONECTA_GUARDED_BY(mutex_) = false;
};

crew::crew(pool_options const& options, hooks_present present, hook_table& hooks)
    : threads_{std::make_unique<threads>(options, present, hooks)} {}
crew::~crew() = default;

void crew::start(std::weak_ptr<void> owner) { threads_->start(std::move(owner)); }
engine& crew::machinery() noexcept { return threads_->machinery(); }
std::size_t crew::close(duration grace) { return threads_->close_pool(grace); }
void crew::dismiss() { threads_->dismiss(); }

result<slot_ref> crew::acquire(acquire_options const& options, std::source_location where) {
  return threads_->acquire(options, where);
}

} // namespace conecta::driver
