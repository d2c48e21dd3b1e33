#pragma once

// The pool for programs on Boost.Asio: the same core, with hooks that are coroutines and an acquire
// that takes any completion token.
//
//   conecta::asio_pool<session> q{executor, options, {.open = dial, .check = ping}};
//   auto lease = co_await q.async_acquire();
//
// Executors: hooks run as coroutines on a strand of the pool's executor, each on its own, and never
// begin inside a call of the pool or of a lease. Completions are posted to the handler's associated
// executor, never run inside async_acquire. The timer of an open pool that holds resources keeps
// the executor's context at work; close() lets it go.
// Cancellation: of an acquire, every type means total, with errc::cancelled. Of a hook: at its
// timeout its cancellation slot is emitted (terminal) and context.stop is requested. Thread safety:
// every member may be called from any thread. Cancellation slots follow Asio's rule: emit and start
// on the same strand. Lifetime: the io_context outlives the pool and the leases. A completion that
// is destroyed unrun gives its lease back. The destructor closes the pool and waits for nothing.

#include <conecta/asio_driver.hpp>
#include <conecta/asio_endpoint.hpp>
#include <conecta/driver.hpp>
#include <conecta/lease.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace conecta {

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

  using state = driver::asio_state<T>;

  std::shared_ptr<state> state_;
};

} // namespace conecta
