#include <conecta/driver.hpp>

#include "base/assert.hpp"
#include "base/mutex.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

namespace conecta::driver {

namespace {

/// Waits in the calling thread's own frame. Everything happens under its lock, so that the frame is
/// free to go when wait returns.
class blocked_caller final : public waiter {
 public:
  void granted(slot_ref slot) override { answer(slot); }
  void rejected(error why) override { answer(std::move(why)); }

  result<slot_ref> wait() {
    scoped_lock const lock{mutex_};
    while (!answer_) {
      answered_.wait(mutex_);
    }
    return std::move(*answer_);
  }

 private:
  void answer(result<slot_ref> what) {
    scoped_lock const lock{mutex_};
    answer_.emplace(std::move(what));
    answered_.notify_one();
  }

  mutex mutex_;
  condition answered_;
  std::optional<result<slot_ref>> answer_ CONECTA_GUARDED_BY(mutex_);
};

} // namespace

/// Three lanes share the workers: opens have open_concurrency of them to themselves, checks and
/// resets share the others with closes. A worker starts when there is more to do than idle workers.
class crew::threads final : public carrier {
 public:
  threads(pool_options const& options, hooks_present present, hook_table& hooks)
      : hooks_{hooks},
        engine_{options, present, *this},
        most_others_{engine_.options().check_concurrency + 1},
        most_workers_{engine_.options().open_concurrency + most_others_},
        running_(engine_.options().max_size) {}

  ~threads() { CONECTA_ASSERT(dismissed(), "crew: destroyed before it was dismissed"); }

  void kept_alive_by(std::weak_ptr<void> owner) { owner_ = std::move(owner); }
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

  void interrupt(slot_ref slot) override {
    std::stop_source source{std::nostopstate};
    {
      scoped_lock const lock{mutex_};
      if (running_[slot.index].generation == slot.generation) {
        source = running_[slot.index].stop;
      }
    }
    source.request_stop();
  }

  void wake_at(instant when) override {
    scoped_lock const lock{mutex_};
    if (when >= wake_at_) {
      return;
    }
    wake_at_ = when;
    if (stopping_) {
      return;
    }
    if (!timer_.joinable()) {
      timer_ = std::thread{[this, alive = owner_.lock()] { watch_time(); }};
    }
    time_changed_.notify_one();
  }

  void drained() override {
    scoped_lock const lock{mutex_};
    drained_ = true;
    everything_closed_.notify_all();
  }

  std::size_t close_pool(duration grace) {
    engine_.drain();
    if (runs_a_hook()) {
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
    auto const from_a_hook = runs_a_hook();
    for (auto& each : ending) {
      from_a_hook ? each.detach() : each.join();
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

  struct run {
    std::uint32_t generation = 0;
    std::stop_source stop{std::nostopstate};
  };

  static inline thread_local threads const* hook_of = nullptr;

  [[nodiscard]] bool runs_a_hook() const noexcept { return hook_of == this; }

  [[nodiscard]] bool dismissed() {
    scoped_lock const lock{mutex_};
    return workers_.empty() && !timer_.joinable();
  }

  void enqueue(task what) {
    {
      scoped_lock const lock{mutex_};
      running_[what.slot.index] = {what.slot.generation, std::stop_source{}};
      if (!stopping_) {
        auto& lane = what.kind == hook::open    ? opens_
                     : what.kind == hook::close ? closes_
                                                : checks_;
        lane.push_back(what);
        auto const queued = opens_.size() + checks_.size() + closes_.size();
        if (queued > idle_workers_ && workers_.size() < most_workers_) {
          workers_.emplace_back([this, alive = owner_.lock()] { work(); });
        }
        work_arrived_.notify_one();
        return;
      }
    }
    carry_out(what);
  }

  std::optional<task> next_task() CONECTA_REQUIRES(mutex_) {
    auto const others_may_run = busy_others_ < most_others_;
    for (auto* const lane : {&opens_, &checks_, &closes_}) {
      if (!lane->empty() && (lane == &opens_ || others_may_run)) {
        auto const what = lane->front();
        lane->pop_front();
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

  /// Runs the hook and tells the engine. What close throws is dropped: the resource is gone.
  void carry_out(task const& what) {
    hook_context context{what.deadline, {}};
    {
      scoped_lock const lock{mutex_};
      context.stop = running_[what.slot.index].stop.get_token();
    }
    auto const* const outer = std::exchange(hook_of, this);
    std::optional<open_failure> failed;
    auto found = engine::health::bad;
    try {
      found = run_hook(what, context) ? engine::health::good : engine::health::bad;
    } catch (...) {
      failed = current_open_failure();
    }
    hook_of = outer;
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

  void watch_time() {
    for (;;) {
      {
        scoped_lock const lock{mutex_};
        while (!stopping_ && std::chrono::steady_clock::now() < wake_at_) {
          auto const when = wake_at_; // wait_until reads its argument after it has let the lock go
          when == never ? time_changed_.wait(mutex_)
                        : static_cast<void>(time_changed_.wait_until(mutex_, when));
        }
        if (stopping_) {
          return;
        }
        wake_at_ = never;
      }
      engine_.tick();
    }
  }

  hook_table& hooks_;
  engine engine_;
  std::size_t const most_others_;
  std::size_t const most_workers_;
  std::weak_ptr<void> owner_;

  mutex mutex_;
  condition work_arrived_;
  condition time_changed_;
  condition everything_closed_;
  std::deque<task> opens_ CONECTA_GUARDED_BY(mutex_);
  std::deque<task> checks_ CONECTA_GUARDED_BY(mutex_);
  std::deque<task> closes_ CONECTA_GUARDED_BY(mutex_);
  std::vector<run> running_ CONECTA_GUARDED_BY(mutex_);
  std::vector<std::thread> workers_ CONECTA_GUARDED_BY(mutex_);
  std::thread timer_ CONECTA_GUARDED_BY(mutex_);
  std::size_t idle_workers_ CONECTA_GUARDED_BY(mutex_) = 0;
  std::size_t busy_others_ CONECTA_GUARDED_BY(mutex_) = 0;
  instant wake_at_ CONECTA_GUARDED_BY(mutex_) = never;
  bool drained_ CONECTA_GUARDED_BY(mutex_) = false;
  bool stopping_ CONECTA_GUARDED_BY(mutex_) = false;
};

crew::crew(pool_options const& options, hooks_present present, hook_table& hooks)
    : threads_{std::make_unique<threads>(options, present, hooks)} {}
crew::~crew() = default;

void crew::kept_alive_by(std::weak_ptr<void> owner) { threads_->kept_alive_by(std::move(owner)); }
engine& crew::machinery() noexcept { return threads_->machinery(); }
std::size_t crew::close(duration grace) { return threads_->close_pool(grace); }
void crew::dismiss() { threads_->dismiss(); }

result<slot_ref> crew::acquire(acquire_options const& options) {
  auto& machinery = threads_->machinery();
  if (options.stop.stop_requested()) {
    return machinery.failure(errc::cancelled);
  }
  blocked_caller caller;
  auto answer = machinery.acquire(machinery.deadline_of(options), caller);
  if (auto const* const slot = std::get_if<slot_ref>(&answer)) {
    return *slot;
  }
  if (auto* const why = std::get_if<error>(&answer)) {
    return std::move(*why);
  }
  std::stop_callback const on_stop{
      options.stop, [&, mine = std::get<ticket>(answer)] { machinery.cancel(mine); }};
  return caller.wait();
}

} // namespace conecta::driver
