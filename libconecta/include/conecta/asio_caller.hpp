#pragma once

// One call of async_acquire, from the question to its handler. Not for direct use: the pool is.
//
// Thread safety: it may be answered, woken and cancelled from any thread.

#include <conecta/asio_driver.hpp>
#include <conecta/driver.hpp>
#include <conecta/lease.hpp>
#include <conecta/patience.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <atomic>
#include <bit>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

namespace conecta::driver {

/// One async_acquire. It holds itself alive until it is answered, and its handler's executor at
/// work.
template <class T, class Handler>
class asio_caller final : public waiter,
                          public std::enable_shared_from_this<asio_caller<T, Handler>> {
 public:
  asio_caller(Handler handler, std::shared_ptr<asio_state<T>> from)
      : executor_{boost::asio::prefer(
            boost::asio::get_associated_executor(handler, from->executor()),
            boost::asio::execution::outstanding_work.tracked)},
        handler_{std::move(handler)},
        from_{std::move(from)} {}

  /// Before the engine knows of it: afterwards another thread may answer at any moment.
  void prepare(instant deadline, std::stop_token const& stop) {
    deadline_ = deadline;
    stop_ = stop;
    auto const weak = this->weak_from_this();
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      slot.assign([weak](boost::asio::cancellation_type) { cancel(weak); });
    }
    if (stop.stop_possible()) {
      on_stop_.emplace(stop, canceller{weak});
    }
    self_ = this->shared_from_this();
  }

  /// What the engine said to it at once.
  void answered(acquire_answer answer) {
    if (auto const* const slot = std::get_if<slot_ref>(&answer)) {
      granted(*slot);
    } else if (auto* const why = std::get_if<error>(&answer)) {
      rejected(std::move(*why));
    } else {
      queued(std::get<ticket>(answer));
    }
  }

  void granted(slot_ref slot) override {
    if (from_->looks_alive(slot)) {
      complete({}, lease<T>{from_, slot});
    } else {
      look_further(slot);
    }
  }

  void woken() override {
    auto const retry = [self = this->shared_from_this()] {
      self->woken_ = true;
      if (self->ticket_ != no_ticket) {
        self->retry_if_woken();
      }
    };
    patiently([&] { boost::asio::post(from_->executor(), retry); });
  }
  std::shared_ptr<waiter> keep() override { return this->shared_from_this(); }

  void rejected(error why) override {
    auto const code = why.code;
    from_->remember(std::move(why));
    complete(code, {});
  }

 private:
  struct canceller {
    std::weak_ptr<asio_caller> who;
    void operator()() const { cancel(who); }
  };
  using stop_callback = std::stop_callback<canceller>;

  /// However many are dead, one after the other, in one loop.
  void look_further(slot_ref dead) {
    auto const keep = this->shared_from_this();
    auto answer = from_->machinery().spurn(dead, deadline_, *this);
    while (auto const* const next = std::get_if<slot_ref>(&answer)) {
      if (from_->looks_alive(*next)) {
        return complete({}, lease<T>{from_, *next});
      }
      answer = from_->machinery().spurn(*next, deadline_, *this);
    }
    answered(std::move(answer));
  }

  /// It may be answered already.
  void queued(ticket mine) {
    ticket_ = std::bit_cast<std::uint64_t>(mine);
    retry_if_woken();
    if (stop_.stop_requested()) { // maybe before there was a ticket to cancel
      from_->machinery().cancel(mine);
    }
  }

  void retry_if_woken() {
    if (woken_.exchange(false)) {
      auto const keep = this->shared_from_this();
      if (auto const slot = from_->machinery().retry(std::bit_cast<ticket>(ticket_.load()))) {
        granted(*slot);
      }
    }
  }

  static void cancel(std::weak_ptr<asio_caller> const& weak) {
    if (auto const self = weak.lock()) {
      auto const from = self->from_;
      from->machinery().cancel(std::bit_cast<ticket>(self->ticket_.load()));
    }
  }

  /// What is posted owns the caller, and with it the handler and the lease.
  void complete(error_code code, lease<T> lent) {
    code_ = code;
    lent_ = std::move(lent);
    auto const completion = [keep = self_ ? self_ : this->shared_from_this()] {
      auto handler = std::move(keep->handler_);
      auto granted = std::move(keep->lent_);
      std::move(handler)(keep->code_, std::move(granted));
    };
    self_.reset();
    auto const executor = std::move(executor_);
    patiently([&] { boost::asio::post(executor, completion); });
  }

  // Not executor_work_guard, which does not compile for a strand of any_io_executor in Boost 1.81.
  using handler_executor =
      boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
  using working_executor = std::decay_t<typename boost::asio::prefer_result<
      handler_executor, boost::asio::execution::outstanding_work_t::tracked_t>::type>;

  working_executor executor_;
  Handler handler_;
  std::shared_ptr<asio_state<T>> from_;
  std::shared_ptr<asio_caller> self_;
  static constexpr auto no_ticket = ~std::uint64_t{0};
  std::atomic<std::uint64_t> ticket_{no_ticket};
  std::atomic<bool> woken_{false};
  instant deadline_ = never;
  error_code code_;
  lease<T> lent_;
  std::stop_token stop_;
  std::optional<stop_callback> on_stop_;
};

/// Posts the handler a lease of the slot. Nothing was decided for anybody else, so that it may
/// fail: the lease then goes back.
template <class T, class Handler>
void hand_over(std::shared_ptr<asio_state<T>> from, slot_ref slot, Handler handler) {
  auto const executor = boost::asio::get_associated_executor(handler, from->executor());
  boost::asio::post(
      executor, [handler = std::move(handler), lent = lease<T>{std::move(from), slot}]() mutable {
        std::move(handler)(error_code{}, std::move(lent));
      });
}

/// Asks for a lease; the handler is posted the answer.
template <class T, class Handler>
void start_acquire(std::shared_ptr<asio_state<T>> from, Handler handler,
                   acquire_options const& options, std::source_location where) {
  auto& machinery = from->machinery();
  bool const comes_too_late = options.stop.stop_requested();
  auto const idle = comes_too_late ? std::nullopt : machinery.take();
  if (idle && from->looks_alive(*idle)) {
    return hand_over(std::move(from), *idle, std::move(handler));
  }
  std::shared_ptr<asio_caller<T, Handler>> caller;
  try {
    caller = std::make_shared<asio_caller<T, Handler>>(std::move(handler), from);
  } catch (...) {
    if (idle) {
      machinery.give_back(*idle);
    }
    throw;
  }
  if (comes_too_late) {
    return caller->rejected(machinery.cancelled_early());
  }
  auto const asked = machinery.request_for(options, where);
  caller->prepare(asked.deadline, options.stop);
  caller->answered(idle ? machinery.spurn(*idle, asked.deadline, *caller)
                        : machinery.acquire(asked, *caller));
}

} // namespace conecta::driver
