#pragma once

// The pool for programs on Boost.Asio: the same core, with hooks that are coroutines and an acquire
// that takes any completion token.
//
//   conecta::asio_pool<session> q{executor, options, {.open = dial, .check = ping}};
//   auto lease = co_await q.async_acquire();
//
// Executors: hooks run as coroutines on a strand of the pool's executor, each on its own.
// Completions are posted to the handler's associated executor, never run inside async_acquire.
// Cancellation: of an acquire, every type means total, with errc::cancelled. Of a hook: at its
// timeout its cancellation slot is emitted (terminal) and context.stop is requested. Thread safety:
// every member may be called from any thread. Cancellation slots follow Asio's rule: emit and start
// on the same strand. Lifetime: the io_context outlives the leases. A completion that is destroyed
// unrun gives its lease back. The destructor closes the pool and waits for nothing.

#include <conecta/driver.hpp>
#include <conecta/endpoint.hpp>
#include <conecta/lease.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <bit>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace conecta {

/// The hooks of asio_pool<T>: coroutines. `open` is required; without `check` a resource counts as
/// healthy, without `close` its destructor is all. Errors as in conecta/endpoint.hpp.
template <class T>
struct asio_endpoint {
  template <class Result>
  using awaitable = boost::asio::awaitable<Result>;

  std::function<awaitable<T>(hook_context const&)> open = {};
  std::function<awaitable<bool>(T&, unsigned failures_so_far, hook_context const&)> check = {};
  std::function<awaitable<bool>(T&, hook_context const&)> reset = {};
  std::function<awaitable<void>(T&, hook_context const&)> close = {};
};

template <class T>
class asio_pool {
 public:
  using executor_type = boost::asio::any_io_executor;

  /// Throws invalid_options, with every violation.
  asio_pool(executor_type executor, pool_options const& options, asio_endpoint<T> endpoint)
      : state_{std::make_shared<state>(std::move(executor), options, std::move(endpoint))} {
    state_->machinery().tick();
  }
  asio_pool(asio_pool&&) noexcept = default;
  asio_pool& operator=(asio_pool&& other) noexcept {
    if (this != &other) {
      close();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~asio_pool() { close(); }

  [[nodiscard]] executor_type get_executor() const noexcept { return state_->executor(); }

  /// Completes with void(error_code, lease<T>) once a resource is lent, or at the deadline of
  /// `options`. Errors: closed, exhausted, timed_out, cancelled, queue_full; last_error() has more.
  template <class CompletionToken = boost::asio::deferred_t>
  auto async_acquire(acquire_options options, CompletionToken&& token = CompletionToken{}) {
    return boost::asio::async_initiate<CompletionToken, void(error_code, lease<T>)>(
        [](auto handler, std::shared_ptr<state> from, acquire_options const& how) {
          from->start(std::move(handler), how);
        },
        token, state_, std::move(options));
  }

  template <class CompletionToken = boost::asio::deferred_t>
    requires(!std::same_as<std::remove_cvref_t<CompletionToken>, acquire_options>)
  auto async_acquire(CompletionToken&& token = CompletionToken{}) {
    acquire_options options;
    return async_acquire(std::move(options), std::forward<CompletionToken>(token));
  }

  /// Only what is idle now. If nothing is, errc::exhausted, and one more is opened in the
  /// background.
  [[nodiscard]] result<lease<T>> try_acquire() {
    nobody caller;
    auto answer = state_->machinery().acquire(instant::min(), caller);
    if (auto const* const slot = std::get_if<slot_ref>(&answer)) {
      return lease<T>{state_, *slot};
    }
    return std::move(std::get<error>(answer));
  }

  /// Brings a resource of the caller's own. On an error (exhausted, closed) it stays with the
  /// caller.
  [[nodiscard]] result<void> try_add(T&& resource) { return state_->adopt(std::move(resource)); }

  /// Whether the pool took it.
  bool add(T&& resource) { return try_add(std::move(resource)).has_value(); }

  [[nodiscard]] pool_stats stats() const { return state_->machinery().stats(); }

  /// Of the latest async_acquire that did not succeed.
  [[nodiscard]] error last_error() const { return state_->last_error(); }

  /// Refuses waiters and closes what is idle, without waiting; leases are closed as they come back.
  /// Returns how many are still lent. May be called again.
  std::size_t close() noexcept { return state_ != nullptr ? state_->shut() : 0; }

 private:
  /// Stands in for a caller that never waits.
  struct nobody final : driver::waiter {
    void granted(slot_ref) override {}
    void rejected(error) override {}
  };

  class state;
  template <class Handler>
  class operation;

  std::shared_ptr<state> state_;
};

/// What leases, hooks and waiting callers share, and what carries out the engine's decisions.
template <class T>
class asio_pool<T>::state final : public shelf<T>,
                                  public driver::carrier,
                                  public std::enable_shared_from_this<state> {
 public:
  state(executor_type executor, pool_options const& options, asio_endpoint<T> endpoint)
      : shelf<T>{violations_of(options).empty() ? options.max_size : 0},
        executor_{std::move(executor)},
        endpoint_{std::move(endpoint)},
        engine_{options,
                {.check = static_cast<bool>(endpoint_.check),
                 .reset = static_cast<bool>(endpoint_.reset)},
                *this},
        timer_{executor_},
        running_(options.max_size) {}

  driver::engine& machinery() noexcept override { return engine_; }
  [[nodiscard]] executor_type executor() const noexcept { return executor_; }

  template <class Handler>
  void start(Handler handler, acquire_options const& options) {
    auto const caller =
        std::make_shared<operation<Handler>>(std::move(handler), this->shared_from_this());
    if (options.stop.stop_requested()) {
      return caller->rejected(engine_.failure(errc::cancelled));
    }
    caller->prepare(options.stop);
    auto answer = engine_.acquire(engine_.deadline_of(options), *caller);
    if (auto const* const granted = std::get_if<slot_ref>(&answer)) {
      caller->granted(*granted);
    } else if (auto* const why = std::get_if<error>(&answer)) {
      caller->rejected(std::move(*why));
    } else {
      caller->queued(std::get<ticket>(answer), options.stop);
    }
  }

  void remember(error why) {
    std::lock_guard const lock{mutex_};
    last_error_ = std::move(why);
  }
  [[nodiscard]] error last_error() {
    std::lock_guard const lock{mutex_};
    return last_error_;
  }

  result<void> adopt(T&& resource) {
    auto const slot = engine_.reserve();
    if (!slot) {
      return slot.error();
    }
    try {
      (*this)[slot->index].emplace(std::move(resource));
    } catch (...) {
      engine_.open_failed(*slot, driver::current_open_failure());
      throw;
    }
    engine_.opened(*slot);
    return {};
  }

  std::size_t shut() noexcept {
    engine_.drain();
    auto const lent = engine_.stats().leased;
    std::lock_guard const lock{mutex_};
    wake_at_ = never;
    timer_.cancel();
    return lent;
  }

  void open(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, slot_ref which, hook_context context) {
      return run_open(std::move(self), which, std::move(context));
    });
  }
  void check(slot_ref slot, unsigned failures_so_far, instant deadline) override {
    run(slot, deadline, [failures_so_far](auto self, slot_ref which, hook_context context) {
      return run_check(std::move(self), which, failures_so_far, std::move(context));
    });
  }
  void reset(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, slot_ref which, hook_context context) {
      return run_reset(std::move(self), which, std::move(context));
    });
  }
  void close(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, slot_ref which, hook_context context) {
      return run_close(std::move(self), which, std::move(context));
    });
  }

  void interrupt(slot_ref slot) override {
    std::shared_ptr<hook_run> running;
    {
      std::lock_guard const lock{mutex_};
      if (auto const& found = running_[slot.index]; found && found->slot == slot) {
        running = found;
      }
    }
    if (running) {
      running->stop.request_stop();
      boost::asio::post(running->strand, [running] {
        running->signal.emit(boost::asio::cancellation_type::terminal);
      });
    }
  }

  void wake_at(instant when) override {
    std::lock_guard const lock{mutex_};
    if (when >= wake_at_) {
      return;
    }
    wake_at_ = when;
    timer_.expires_at(when);
    timer_.async_wait([weak = this->weak_from_this()](error_code problem) {
      auto const self = weak.lock();
      if (self && !problem) {
        self->time_passed();
      }
    });
  }

  void drained() override {
    std::lock_guard const lock{mutex_};
    wake_at_ = never;
    timer_.cancel();
  }

 private:
  struct hook_run {
    hook_run(slot_ref which, executor_type const& executor) : slot{which}, strand{executor} {}

    slot_ref slot;
    boost::asio::strand<executor_type> strand;
    boost::asio::cancellation_signal signal;
    std::stop_source stop;
  };

  void time_passed() {
    {
      std::lock_guard const lock{mutex_};
      wake_at_ = never;
    }
    engine_.tick();
  }

  template <class Hook>
  void run(slot_ref slot, instant deadline, Hook hook) {
    auto const running = std::make_shared<hook_run>(slot, executor_);
    {
      std::lock_guard const lock{mutex_};
      running_[slot.index] = running;
    }
    hook_context context{deadline, running->stop.get_token()};
    auto begin = [self = this->shared_from_this(), running, slot, hook = std::move(hook),
                  context = std::move(context)]() mutable {
      auto coroutine = hook(std::move(self), slot, std::move(context));
      auto finished = [running](std::exception_ptr) {};
      boost::asio::co_spawn(
          running->strand, std::move(coroutine),
          boost::asio::bind_cancellation_slot(running->signal.slot(), std::move(finished)));
    };
    boost::asio::dispatch(running->strand, std::move(begin)); // where the signal is emitted too
  }

  // Each awaited value has a name: g++ 12 miscompiles several shorter forms.

  static boost::asio::awaitable<void> run_open(std::shared_ptr<state> self, slot_ref slot,
                                               hook_context context) {
    std::optional<driver::open_failure> failed;
    try {
      auto opening = self->endpoint_.open(context);
      T resource = co_await std::move(opening);
      (*self)[slot.index].emplace(std::move(resource));
    } catch (...) {
      failed = driver::current_open_failure();
    }
    if (failed) {
      self->engine_.open_failed(slot, std::move(*failed));
    } else {
      self->engine_.opened(slot);
    }
  }

  static boost::asio::awaitable<void> run_check(std::shared_ptr<state> self, slot_ref slot,
                                                unsigned failures, hook_context context) {
    auto found = driver::engine::health::bad;
    try {
      auto checking = self->endpoint_.check(*(*self)[slot.index], failures, context);
      bool const good = co_await std::move(checking);
      found = good ? driver::engine::health::good : driver::engine::health::bad;
    } catch (...) {
      found = driver::engine::health::bad;
    }
    self->engine_.checked(slot, found);
  }

  static boost::asio::awaitable<void> run_reset(std::shared_ptr<state> self, slot_ref slot,
                                                hook_context context) {
    auto found = driver::engine::health::bad;
    try {
      auto resetting = self->endpoint_.reset(*(*self)[slot.index], context);
      bool const good = co_await std::move(resetting);
      found = good ? driver::engine::health::good : driver::engine::health::bad;
    } catch (...) {
      found = driver::engine::health::bad;
    }
    self->engine_.reset_done(slot, found);
  }

  static boost::asio::awaitable<void> run_close(std::shared_ptr<state> self, slot_ref slot,
                                                hook_context context) {
    if (self->endpoint_.close) {
      try {
        auto closing = self->endpoint_.close(*(*self)[slot.index], context);
        co_await std::move(closing);
      } catch (...) { // the resource is gone all the same
      }
    }
    (*self)[slot.index].reset();
    self->engine_.closed(slot);
  }

  executor_type executor_;
  asio_endpoint<T> endpoint_;
  driver::engine engine_;
  std::mutex mutex_; // of what follows
  boost::asio::steady_timer timer_;
  instant wake_at_ = never;
  std::vector<std::shared_ptr<hook_run>> running_;
  error last_error_;
};

/// One async_acquire. It holds itself alive until it is answered, and its handler's executor at
/// work.
template <class T>
template <class Handler>
class asio_pool<T>::operation final : public driver::waiter,
                                      public std::enable_shared_from_this<operation<Handler>> {
 public:
  operation(Handler handler, std::shared_ptr<state> from)
      : work_{boost::asio::make_work_guard(handler, from->executor())},
        handler_{std::move(handler)},
        from_{std::move(from)} {}

  /// Before the engine knows of it: afterwards another thread may answer at any moment.
  void prepare(std::stop_token stop) {
    self_ = this->shared_from_this();
    auto const weak = this->weak_from_this();
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      slot.assign([weak](boost::asio::cancellation_type) { cancel(weak); });
    }
    if (stop.stop_possible()) {
      on_stop_.emplace(std::move(stop), canceller{weak});
    }
  }

  void queued(ticket mine, std::stop_token const& stop) {
    ticket_.store(std::bit_cast<std::uint64_t>(mine));
    if (stop.stop_requested()) { // maybe before there was a ticket to cancel
      from_->machinery().cancel(mine);
    }
  }

  void granted(slot_ref slot) override { complete({}, lease<T>{from_, slot}); }

  void rejected(error why) override {
    auto const code = why.code;
    from_->remember(std::move(why));
    complete(code, {});
  }

 private:
  struct canceller {
    std::weak_ptr<operation> who;
    void operator()() const { cancel(who); }
  };
  using stop_callback = std::stop_callback<canceller>;

  static void cancel(std::weak_ptr<operation> const& weak) {
    if (auto const self = weak.lock()) {
      auto const from = self->from_;
      from->machinery().cancel(std::bit_cast<ticket>(self->ticket_.load()));
    }
  }

  void complete(error_code code, lease<T> lent) {
    auto const keep = std::move(self_);
    auto work = std::move(work_);
    boost::asio::post(work.get_executor(),
                      boost::asio::append(std::move(handler_), code, std::move(lent)));
  }

  using executor = boost::asio::associated_executor_t<Handler, executor_type>;

  boost::asio::executor_work_guard<executor> work_;
  Handler handler_;
  std::shared_ptr<state> from_;
  std::shared_ptr<operation> self_;
  std::atomic<std::uint64_t> ticket_{~std::uint64_t{0}};
  std::optional<stop_callback> on_stop_;
};

} // namespace conecta
