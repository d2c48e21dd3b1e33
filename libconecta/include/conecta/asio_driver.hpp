#pragma once

// What asio_pool<T> is made of: how the engine's decisions are carried out as coroutines. Calls of
// async_acquire are in asio_caller.hpp. Not for direct use: the pool is.
//
// Thread safety: all of it may be called from any thread. The lock covers the timer and the list of
// hooks that run; nothing of the user's is called under it.

#include <conecta/asio_endpoint.hpp>
#include <conecta/driver.hpp>
#include <conecta/lease.hpp>
#include <conecta/patience.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <source_location>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <variant>

namespace conecta::driver {

/// What leases, hooks and waiting callers share, and what carries out the engine's decisions.
template <class T>
class asio_state final : public shelf<T>,
                         public carrier,
                         public std::enable_shared_from_this<asio_state<T>> {
 public:
  using executor_type = boost::asio::any_io_executor;

  asio_state(executor_type executor, pool_options const& options, asio_endpoint<T> endpoint)
      : shelf<T>{violations_of(options).empty() ? slots_of(options) : 0},
        executor_{std::move(executor)},
        endpoint_{std::move(endpoint)},
        engine_{options,
                {.check = static_cast<bool>(endpoint_.check),
                 .reset = static_cast<bool>(endpoint_.reset),
                 .look = static_cast<bool>(endpoint_.look)},
                *this,
                engine::callers::event_loops},
        timer_{executor_} {}

  engine& machinery() noexcept override { return engine_; }
  std::shared_ptr<void> hold() noexcept override { return this->weak_from_this().lock(); }
  [[nodiscard]] executor_type executor() const noexcept { return executor_; }

  [[nodiscard]] bool looks_alive(slot_ref slot) {
    try {
      if (!endpoint_.look) {
        return true;
      }
      if (!endpoint_.look(*(*this)[slot.index])) {
        return false;
      }
    } catch (...) {
      return false;
    }
    engine_.confirm(slot);
    return true;
  }

  [[nodiscard]] result<lease<T>> try_acquire(std::source_location where) {
    nobody caller;
    request const asked{.deadline = instant::min(), .where = where, .tag = {}};
    auto answer = engine_.acquire(asked, caller);
    for (;;) {
      if (auto* const why = std::get_if<error>(&answer)) {
        return std::move(*why);
      }
      auto const slot = std::get<slot_ref>(answer);
      if (looks_alive(slot)) {
        return lease<T>{this->shared_from_this(), slot};
      }
      answer = engine_.spurn(slot, asked.deadline, caller);
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
      engine_.open_failed(*slot, current_open_failure());
      throw;
    }
    engine_.opened(*slot);
    return {};
  }

  std::size_t shut() noexcept {
    let_the_timer_go();
    engine_.drain(); // arms it again for the hooks that still run
    return engine_.stats().leased;
  }

  void open(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, auto running, slot_ref which, hook_context context) {
      return run_open(std::move(self), std::move(running), which, std::move(context));
    });
  }
  void check(slot_ref slot, unsigned failures_so_far, instant deadline) override {
    run(slot, deadline,
        [failures_so_far](auto self, auto running, slot_ref which, hook_context context) {
          return run_check(std::move(self), std::move(running), which, failures_so_far,
                           std::move(context));
        });
  }
  void reset(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, auto running, slot_ref which, hook_context context) {
      return run_reset(std::move(self), std::move(running), which, std::move(context));
    });
  }
  void close(slot_ref slot, instant deadline) override {
    run(slot, deadline, [](auto self, auto running, slot_ref which, hook_context context) {
      return run_close(std::move(self), std::move(running), which, std::move(context));
    });
  }

  /// Decided under the engine's lock but carried out after it, so it may come before its hook does.
  void interrupt(slot_ref slot) override {
    std::shared_ptr<hook_run> running;
    {
      std::lock_guard const lock{mutex_};
      auto& latest = hook_of(slot.index);
      if (latest.slot == slot) {
        running = latest.running.lock();
      } else {
        latest.interrupted_early = slot;
      }
    }
    if (running) {
      running->stop.request_stop();
      post_to(running->strand, [running] { patiently([&] { running->cancel(); }); });
    }
  }

  void wake_at(instant when) override {
    std::lock_guard const lock{mutex_};
    if (when >= wake_at_ || drained_) {
      return;
    }
    wake_at_ = when;
    timer_.expires_at(when);
    auto const on_time = [weak = this->weak_from_this()](error_code problem) {
      auto const self = weak.lock();
      if (self && !problem) {
        self->time_passed();
      }
    };
    patiently([&] { timer_.async_wait(on_time); });
  }

  /// Nothing is due after this; a wake_at of another thread may still be on its way.
  void drained() override {
    std::lock_guard const lock{mutex_};
    drained_ = true;
    timer_.cancel();
  }

  void make_room(std::size_t slots) override { this->grow(slots); }

 private:
  /// Stands in for a caller that never waits.
  struct nobody final : waiter {
    void granted(slot_ref) override {}
    void rejected(error) override {}
    void woken() override {}
    std::shared_ptr<waiter> keep() override { return nullptr; }
  };

  struct hook_run {
    explicit hook_run(executor_type const& executor) : strand{executor} {}

    void cancel() { signal.emit(boost::asio::cancellation_type::terminal); }

    boost::asio::strand<executor_type> strand;
    boost::asio::cancellation_signal signal; ///< used, and destroyed, on the strand only
    std::stop_source stop;
    bool begun = false; ///< on the strand
  };

  /// The latest hook of a slot. Kept while it runs; an interrupt that comes too late leaves one
  /// behind, for the slot's next hook to take over.
  struct latest_hook {
    slot_ref slot;
    std::weak_ptr<hook_run> running;
    std::optional<slot_ref> interrupted_early;
  };

  /// REQUIRES: locked.
  latest_hook& hook_of(std::uint32_t index) {
    return *patiently([&] { return &hooks_[index]; });
  }
  void hook_ended(std::uint32_t index, std::shared_ptr<hook_run> const& running) {
    std::lock_guard const lock{mutex_};
    auto const found = hooks_.find(index);
    if (found != hooks_.end() && found->second.running.lock() == running) {
      hooks_.erase(found);
    }
  }

  void let_the_timer_go() {
    std::lock_guard const lock{mutex_};
    wake_at_ = never;
    timer_.cancel();
  }

  void time_passed() {
    {
      std::lock_guard const lock{mutex_};
      wake_at_ = never;
    }
    engine_.tick();
  }

  /// Posted, so that no hook begins inside a call of the pool or in a lease's destructor.
  template <class Hook>
  void run(slot_ref slot, instant deadline, Hook hook) {
    auto const running = patiently([this] { return std::make_shared<hook_run>(executor_); });
    {
      std::lock_guard const lock{mutex_};
      auto& latest = hook_of(slot.index);
      latest.slot = slot;
      latest.running = running;
      if (std::exchange(latest.interrupted_early, std::nullopt) == slot) {
        running->stop.request_stop(); // nobody has its token yet
      }
    }
    post_to(running->strand, [self = this->shared_from_this(), running, slot, hook, deadline] {
      patiently([&] { spawn(self, running, slot, hook, deadline); });
    });
  }

  /// On its strand. Throws only if the hook has not begun.
  template <class Hook>
  static void spawn(std::shared_ptr<asio_state> const& self,
                    std::shared_ptr<hook_run> const& running, slot_ref slot, Hook const& hook,
                    instant deadline) {
    hook_context context{deadline, running->stop.get_token()};
    auto beginning = hook(self, running, slot, std::move(context));
    auto finished = [self, running, slot](std::exception_ptr) {
      self->hook_ended(slot.index, running);
    };
    try {
      boost::asio::co_spawn(
          running->strand, std::move(beginning),
          boost::asio::bind_cancellation_slot(running->signal.slot(), std::move(finished)));
    } catch (std::bad_alloc const&) {
      if (!running->begun) {
        throw;
      }
    }
    if (running->stop.stop_requested()) { // before there was anybody to hear the signal
      running->cancel();
    }
  }

  /// To its strand by way of the executor: what a strand queues after its context has shut down is
  /// never destroyed if it owns that strand.
  template <class Function>
  void post_to(boost::asio::strand<executor_type> strand, Function function) {
    auto hop = [strand = std::move(strand), function = std::move(function)] {
      patiently([&] { boost::asio::dispatch(strand, function); });
    };
    patiently([&] { boost::asio::post(executor_, hop); });
  }

  // A hook that was asked to stop before it began does not begin, but for close. Each awaited value
  // has a name: g++ 12 miscompiles several shorter forms.

  static boost::asio::awaitable<void> run_open(std::shared_ptr<asio_state> self,
                                               std::shared_ptr<hook_run> running, slot_ref slot,
                                               hook_context context) {
    running->begun = true;
    std::optional<open_failure> failed;
    try {
      if (context.stop.stop_requested()) {
        throw boost::system::system_error{make_error_code(errc::cancelled),
                                          "it was called off before it began"};
      }
      if (!self->endpoint_.open) {
        throw_no_open();
      }
      auto opening = self->endpoint_.open(context);
      T resource = co_await std::move(opening);
      (*self)[slot.index].emplace(std::move(resource));
    } catch (...) {
      failed = current_open_failure();
    }
    if (failed) {
      self->engine_.open_failed(slot, std::move(*failed));
    } else {
      self->engine_.opened(slot);
    }
  }

  static boost::asio::awaitable<void> run_check(std::shared_ptr<asio_state> self,
                                                std::shared_ptr<hook_run> running, slot_ref slot,
                                                unsigned failures, hook_context context) {
    running->begun = true;
    auto found = engine::health::unknown;
    if (!context.stop.stop_requested()) {
      try {
        auto checking = self->endpoint_.check(*(*self)[slot.index], failures, context);
        bool const good = co_await std::move(checking);
        found = good ? engine::health::good : engine::health::bad;
      } catch (...) {
        found = engine::health::bad;
      }
    }
    self->engine_.checked(slot, found);
  }

  static boost::asio::awaitable<void> run_reset(std::shared_ptr<asio_state> self,
                                                std::shared_ptr<hook_run> running, slot_ref slot,
                                                hook_context context) {
    running->begun = true;
    auto found = engine::health::unknown;
    if (!context.stop.stop_requested()) {
      try {
        auto resetting = self->endpoint_.reset(*(*self)[slot.index], context);
        bool const good = co_await std::move(resetting);
        found = good ? engine::health::good : engine::health::bad;
      } catch (...) {
        found = engine::health::bad;
      }
    }
    self->engine_.reset_done(slot, found);
  }

  static boost::asio::awaitable<void> run_close(std::shared_ptr<asio_state> self,
                                                std::shared_ptr<hook_run> running, slot_ref slot,
                                                hook_context context) {
    running->begun = true;
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
  engine engine_;
  std::mutex mutex_; // of what follows
  boost::asio::steady_timer timer_;
  instant wake_at_ = never;
  bool drained_ = false;
  std::unordered_map<std::uint32_t, latest_hook> hooks_; ///< by slot
  error last_error_;
};

} // namespace conecta::driver
