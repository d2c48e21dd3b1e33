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
// the executor's context at work; close() lets it go, but for hooks that still run and leases that
// leak_threshold is still to report.
//
// g++ 12 destroys a temporary `{.stop = token}` twice where it is written inside a co_await: give
// acquire_options that have a stop token a name of their own there.
//
// Cancellation: of an acquire, every type means total, with errc::cancelled. Of a hook: at its
// timeout its cancellation slot is emitted (terminal) and context.stop is requested. Thread safety:
// every member may be called from any thread. Cancellation slots follow Asio's rule: emit and start
// on the same strand. Lifetime: the io_context outlives the pool and the leases. A completion that
// is destroyed unrun gives its lease back. The destructor closes the pool and waits for nothing.

#include <conecta/asio_caller.hpp>
#include <conecta/asio_driver.hpp>
#include <conecta/asio_endpoint.hpp>
#include <conecta/driver.hpp>
#include <conecta/lease.hpp>
#include <conecta/pool_controls.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>
#include <variant>

namespace conecta {

template <class T>
class asio_pool : public pool_controls<asio_pool<T>> {
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
  /// `options`. Errors: closed, exhausted, timed_out, cancelled, queue_full, suspended,
  /// open_failed; last_error() has more.
  template <class CompletionToken = boost::asio::deferred_t>
  auto async_acquire(acquire_options options, CompletionToken&& token = CompletionToken{},
                     std::source_location where = std::source_location::current()) {
    return boost::asio::async_initiate<CompletionToken, void(error_code, lease<T>)>(
        [](auto handler, std::shared_ptr<state> from, acquire_options const& how,
           std::source_location asker) {
          driver::start_acquire(std::move(from), std::move(handler), how, asker);
        },
        token, state_, std::move(options), where);
  }

  template <class CompletionToken = boost::asio::deferred_t>
    requires(!std::same_as<std::remove_cvref_t<CompletionToken>, acquire_options>)
  auto async_acquire(CompletionToken&& token = CompletionToken{},
                     std::source_location where = std::source_location::current()) {
    acquire_options options;
    return async_acquire(std::move(options), std::forward<CompletionToken>(token), where);
  }

  /// Only what is idle now. If nothing is, errc::exhausted, and one more is opened in the
  /// background.
  [[nodiscard]] result<lease<T>>
  try_acquire(std::source_location where = std::source_location::current()) {
    auto const kept = state_; // the observer may destroy the pool meanwhile
    return kept->try_acquire(where);
  }

  /// Brings a resource of the caller's own. On an error (exhausted, closed) it stays with the
  /// caller.
  [[nodiscard]] result<void> try_add(T&& resource) {
    auto const kept = state_;
    return kept->adopt(std::move(resource));
  }

  /// Whether the pool took it.
  bool add(T&& resource) { return try_add(std::move(resource)).has_value(); }

  /// Of the latest async_acquire that did not succeed.
  [[nodiscard]] error last_error() const { return state_->last_error(); }

  /// Refuses waiters and closes what is idle, without waiting; leases are closed as they come back.
  /// Returns how many are still lent. May be called again.
  std::size_t close() noexcept {
    auto const kept = state_;
    return kept != nullptr ? kept->shut() : 0;
  }

 private:
  friend pool_controls<asio_pool<T>>;
  [[nodiscard]] std::shared_ptr<driver::engine> shared_machinery() const {
    return {state_, &state_->machinery()};
  }

  using state = driver::asio_state<T>;

  std::shared_ptr<state> state_;
};

} // namespace conecta
