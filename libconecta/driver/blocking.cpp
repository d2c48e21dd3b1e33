#include "driver/blocking.hpp"

#include "base/mutex.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>

namespace conecta::driver {

namespace {

/// A thread that waits. Everything happens under its lock, so that it may go when wait returns; a
/// wake-up that comes later finds it by keep(), and finds nothing to do.
class blocked_caller final : public waiter, public std::enable_shared_from_this<blocked_caller> {
 public:
  void granted(slot_ref slot) override { answer(slot); }
  void rejected(error why) override { answer(std::move(why)); }
  void woken() override {
    scoped_lock const lock{mutex_};
    woken_ = true;
    answered_.notify_one();
  }
  std::shared_ptr<waiter> keep() override { return weak_from_this().lock(); }

  /// The answer, or none after a wake-up.
  std::optional<result<slot_ref>> wait() {
    scoped_lock const lock{mutex_};
    while (!answer_ && !woken_) {
      answered_.wait(mutex_);
    }
    woken_ = false;
    return std::exchange(answer_, std::nullopt);
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
  bool woken_ CONECTA_GUARDED_BY(mutex_) = false;
};

[[nodiscard]] bool looks_alive(hook_table& hooks, std::uint32_t index) {
  try {
    return hooks.run_look(index);
  } catch (...) {
    return false;
  }
}

result<slot_ref> outcome_of(engine& machinery, acquire_answer answer, blocked_caller& caller,
                            std::stop_token const& stop) {
  if (auto const* const slot = std::get_if<slot_ref>(&answer)) {
    return *slot;
  }
  if (auto* const why = std::get_if<error>(&answer)) {
    return std::move(*why);
  }
  auto const mine = std::get<ticket>(answer);
  std::stop_callback const on_stop{stop, [&] { machinery.cancel(mine); }};
  for (;;) {
    if (auto told = caller.wait()) {
      return std::move(*told);
    }
    if (auto const slot = machinery.retry(mine)) {
      return *slot;
    }
  }
}

result<slot_ref> acquire_as(blocked_caller& caller, engine& machinery, hook_table* looks,
                            request const& asked, std::optional<slot_ref> unusable,
                            std::stop_token const& stop) {
  auto answer = unusable ? machinery.spurn(*unusable, asked.deadline, caller)
                         : machinery.acquire(asked, caller);
  for (;;) {
    auto slot = outcome_of(machinery, std::move(answer), caller, stop);
    if (!slot || looks == nullptr) {
      return slot;
    }
    if (looks_alive(*looks, slot->index)) {
      machinery.confirm(*slot);
      return slot;
    }
    answer = machinery.spurn(*slot, asked.deadline, caller);
  }
}

} // namespace

result<slot_ref> acquire_blocking(engine& machinery, hook_table* looks,
                                  acquire_options const& options, std::source_location where) {
  if (options.stop.stop_requested()) {
    return machinery.cancelled_early();
  }
  auto const taken = machinery.take();
  if (taken && (looks == nullptr || looks_alive(*looks, taken->index))) {
    return *taken;
  }
  auto const asked = machinery.request_for(options, where);
  if (machinery.options().fair == fairness::barging) { // a late wake-up must find the caller
    auto const caller = std::make_shared<blocked_caller>();
    return acquire_as(*caller, machinery, looks, asked, taken, options.stop);
  }
  blocked_caller caller;
  return acquire_as(caller, machinery, looks, asked, taken, options.stop);
}

} // namespace conecta::driver
