#pragma once

// A pool of any resource, for programs with threads. No Asio is included.
//
//   conecta::pool<session> p{conecta::pool_options{.max_size = 16, .min_idle = 2},
//                            conecta::blocking_endpoint<session>{.open = dial, .check = ping}};
//   auto s = p.acquire();                 // result<lease<session>>
//   (*s)->send("hello");                  // the lease's destructor gives it back
//
// Threads: one that watches the time, from the start, and at most open_concurrency +
// check_concurrency + 1 that run hooks, started when first needed. A caller inside acquire never
// runs a hook: it can be served by a return while the open that it caused goes on. Thread safety:
// every member may be called from any thread, hooks included. Lifetime: leases may outlive the
// pool; each then closes its resource in the thread that releases it. The destructor closes the
// pool, never waits for leases, and waits for the hooks that run (each has been asked to stop, or
// will be at its timeout), unless a hook or the observer is what destroys it. Memory: a call
// that finds none throws std::bad_alloc and has changed nothing; what is decided already, a return
// above all, waits for it (conecta/patience.hpp).

#include <conecta/driver.hpp>
#include <conecta/endpoint.hpp>
#include <conecta/lease.hpp>
#include <conecta/pool_controls.hpp>

#include <memory>
#include <optional>
#include <source_location>
#include <system_error>
#include <utility>

namespace conecta {

template <class T>
class pool : public pool_controls<pool<T>> {
 public:
  /// Throws invalid_options, with every violation, or std::system_error if its first thread cannot
  /// be started.
  pool(pool_options const& options, blocking_endpoint<T> endpoint)
      : state_{std::make_shared<state>(options, std::move(endpoint))} {
    state_->threads.start(state_);
    state_->self = state_;
  }

  /// The same without the exceptions: the error's detail lists the violations.
  [[nodiscard]] static result<pool> create(pool_options const& options,
                                           blocking_endpoint<T> endpoint) {
    try {
      return pool{options, std::move(endpoint)};
    } catch (invalid_options const& refused) {
      return driver::refused_options(refused);
    } catch (std::system_error const& failed) {
      return driver::refused_thread(failed);
    }
  }

  pool(pool&&) noexcept = default;
  pool& operator=(pool&& other) noexcept {
    if (this != &other) {
      shut();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~pool() { shut(); }

  /// Waits for an idle resource, or for one to be opened, until the deadline of `options`.
  /// Errors: closed, exhausted, timed_out, cancelled, queue_full, suspended, open_failed.
  [[nodiscard]] result<lease<T>>
  acquire(acquire_options const& options = {},
          std::source_location where = std::source_location::current()) {
    auto& from = *state_;
    if (auto const taken = from.take_at_once(options)) {
      return lease<T>{from, *taken};
    }
    auto const alive = state_; // whoever waits may be told that the pool is gone
    auto const slot = from.threads.acquire(options, where);
    if (!slot) {
      return slot.error();
    }
    return lease<T>{from, *slot};
  }

  [[nodiscard]] result<lease<T>>
  acquire_for(duration timeout, std::source_location where = std::source_location::current()) {
    acquire_options options;
    options.timeout = timeout;
    return acquire(options, where);
  }

  /// Only what is idle now. If nothing is, errc::exhausted, and one more is opened in the
  /// background.
  [[nodiscard]] result<lease<T>>
  try_acquire(std::source_location where = std::source_location::current()) {
    return acquire_for(duration::zero(), where);
  }

  /// Brings a resource of the caller's own. On an error (exhausted, closed) it stays with the
  /// caller.
  [[nodiscard]] result<void> try_add(T&& resource) {
    auto const kept = state_; // the observer may destroy the pool meanwhile
    auto& machinery = kept->threads.machinery();
    auto const slot = machinery.reserve();
    if (!slot) {
      return slot.error();
    }
    try {
      (*kept)[slot->index].emplace(std::move(resource));
    } catch (...) {
      machinery.open_failed(*slot, driver::current_open_failure());
      throw;
    }
    machinery.opened(*slot);
    return {};
  }

  /// Whether the pool took it.
  bool add(T&& resource) { return try_add(std::move(resource)).has_value(); }

  /// Refuses waiters, closes what is idle, and waits up to `grace` until every lease has come back
  /// and all is closed; a lease that comes back later is closed then. Returns how many are still
  /// lent. From a hook or the observer it does not wait. May be called again.
  std::size_t close(duration grace = duration::zero()) {
    auto const kept = state_; // a hook may destroy the pool meanwhile
    return kept->threads.close(grace);
  }

 private:
  friend pool_controls<pool<T>>;
  [[nodiscard]] std::shared_ptr<driver::engine> shared_machinery() const {
    return {state_, &state_->threads.machinery()};
  }

  struct state final : shelf<T>, driver::hook_table, std::enable_shared_from_this<state> {
    state(pool_options const& options, blocking_endpoint<T> hooks)
        : shelf<T>{violations_of(options).empty() ? slots_of(options) : 0},
          endpoint{std::move(hooks)},
          threads{options,
                  {.check = static_cast<bool>(endpoint.check),
                   .reset = static_cast<bool>(endpoint.reset),
                   .look = static_cast<bool>(endpoint.look)},
                  *this} {}

    driver::engine& machinery() noexcept override { return machine; }
    std::shared_ptr<void> hold() noexcept override { return this->shared_from_this(); }
    void everything_closed() noexcept override { self.reset(); }

    /// Without the lock, where nothing has to be looked at.
    std::optional<slot_ref> take_at_once(acquire_options const& options) noexcept {
      return looks || options.stop.stop_requested() ? std::nullopt : machine.take();
    }

    void run_open(std::uint32_t index, hook_context const& context) override {
      if (!endpoint.open) {
        driver::throw_no_open();
      }
      (*this)[index].emplace(endpoint.open(context));
    }
    bool run_check(std::uint32_t index, unsigned failures, hook_context const& context) override {
      return endpoint.check(*(*this)[index], failures, context);
    }
    bool run_reset(std::uint32_t index, hook_context const& context) override {
      return endpoint.reset(*(*this)[index], context);
    }
    bool run_look(std::uint32_t index) override { return endpoint.look(*(*this)[index]); }
    void make_room(std::size_t slots) override { this->grow(slots); }
    void run_close(std::uint32_t index, hook_context const& context) override {
      struct destroy_last {
        std::optional<T>& place;
        ~destroy_last() { place.reset(); }
      } const guard{(*this)[index]};
      if (endpoint.close) {
        endpoint.close(*(*this)[index], context);
      }
    }

    blocking_endpoint<T> endpoint;
    driver::crew threads;
    bool const looks = static_cast<bool>(endpoint.look);
    driver::engine& machine = threads.machinery();
    std::shared_ptr<state> self; ///< while the pool is open or a lease is out
  };

  void shut() noexcept {
    if (auto const ending = state_) { // stays in place: hooks may still ask for stats
      ending->threads.close(duration::zero());
      ending->threads.dismiss();
    }
  }

  std::shared_ptr<state> state_;
};

} // namespace conecta
