#pragma once

// What pool<T> and asio_pool<T> are made of: the core behind a lock (engine), what it asks of
// whoever does the work (carrier), and the blocking driver's threads (crew). Not for direct use:
// the pools are.
//
// Thread safety: engine and crew may be called from any thread. The lock covers the core's decision
// only; carriers, waiters and hooks are called after unlock and may call the engine again.

#include <conecta/endpoint.hpp>
#include <conecta/error.hpp>
#include <conecta/ids.hpp>
#include <conecta/metrics.hpp>
#include <conecta/observer.hpp>
#include <conecta/options.hpp>
#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace conecta {

/// How one caller waits. At most one of timeout and deadline; without either, acquire_timeout.
struct acquire_options {
  std::optional<duration> timeout = {}; ///< 0 or less asks once, without waiting
  std::optional<instant> deadline = {}; ///< absolute; never re-armed
  std::stop_token stop = {};            ///< a request gives up waiting, with errc::cancelled
  std::string_view tag = {}; ///< who is asking, for reports of leaks; must outlive the lease
};

} // namespace conecta

namespace conecta::driver {

/// Which optional hooks an endpoint has.
struct hooks_present {
  bool check = false;
  bool reset = false;
  bool look = false;
};

/// One call of acquire: until when, and who asks.
struct request {
  instant deadline = never;
  std::source_location where;
  std::string_view tag;
};

/// What an open hook threw.
struct open_failure {
  error_code code;
  std::string detail;
};

/// Of the exception that is being handled.
[[nodiscard]] open_failure current_open_failure() noexcept;

/// Throws what says that an endpoint has no open hook.
[[noreturn]] void throw_no_open();

/// invalid_options as a value: std::errc::invalid_argument, with every violation in the detail.
[[nodiscard]] error refused_options(invalid_options const& refused);
/// A thread that could not be started, as a value.
[[nodiscard]] error refused_thread(std::system_error const& failed);

/// Carries out what the engine decides; each call answers, sooner or later, with the engine call of
/// the same name (opened or open_failed, checked, reset_done, closed).
class carrier {
 public:
  virtual void open(slot_ref slot, instant deadline) = 0;
  virtual void check(slot_ref slot, unsigned failures_so_far, instant deadline) = 0;
  virtual void reset(slot_ref slot, instant deadline) = 0;
  virtual void close(slot_ref slot, instant deadline) = 0;
  /// Ask the hook of this slot to stop.
  virtual void interrupt(slot_ref slot) = 0;
  /// Call engine::tick at `when`, or earlier.
  virtual void wake_at(instant when) = 0;
  /// Closed, and every slot is vacant.
  virtual void drained() = 0;
  /// There will be so many slots. Called under the engine's lock; may throw std::bad_alloc.
  virtual void make_room(std::size_t slots) = 0;

 protected:
  ~carrier() = default;
};

/// A caller in the queue. Exactly one of granted and rejected is called, once; nothing touches it
/// afterwards, but whoever still holds what keep() has given.
class waiter {
 public:
  virtual void granted(slot_ref slot) = 0;
  virtual void rejected(error why) = 0;
  /// Something can be lent: ask for it with engine::retry. With fairness::barging only.
  virtual void woken() = 0;
  /// Holds it alive for a call of woken(). Called under the engine's lock.
  [[nodiscard]] virtual std::shared_ptr<waiter> keep() = 0;

 protected:
  ~waiter() = default;
};

/// Granted at once, refused at once, or queued under a ticket.
using acquire_answer = std::variant<slot_ref, error, ticket>;

class engine {
 public:
  /// Whose threads call it. Those of an event loop have others to serve, and should not sleep for a
  /// lock that is held for a part of a microsecond.
  enum class callers : std::uint8_t { threads, event_loops };

  /// Throws invalid_options. `carried_by` outlives every call.
  engine(pool_options const& options, hooks_present hooks, carrier& carried_by,
         callers by = callers::threads);
  ~engine();
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  /// What `options` mean for a caller who asks now.
  [[nodiscard]] request request_for(acquire_options const& options,
                                    std::source_location where) const;

  /// What is idle, without the lock; none where the lock is needed, or nothing is idle.
  [[nodiscard]] std::optional<slot_ref> take() noexcept;
  /// The same for a return: false, and without effect, where give_back is needed.
  [[nodiscard]] bool put(slot_ref slot) noexcept;

  [[nodiscard]] acquire_answer acquire(request const& asked, waiter& caller);
  /// After woken(): the slot, or none if it was not to be had; the caller then waits on.
  [[nodiscard]] std::optional<slot_ref> retry(ticket caller);
  /// With a look hook: what was granted looks alive, and is a lease from now on.
  void confirm(slot_ref slot);
  /// What was granted is unusable: it is closed as stale, and the caller is served next.
  [[nodiscard]] acquire_answer spurn(slot_ref slot, instant deadline, waiter& caller);
  /// What a caller is told that was cancelled before it asked, and counted as such.
  [[nodiscard]] error cancelled_early();
  /// Without effect for a caller that was answered already.
  void cancel(ticket caller);

  void give_back(slot_ref slot);
  void discard(slot_ref slot, close_reason reason);
  void detach(slot_ref slot);

  /// A slot to bring a resource to, then opened(); the error says why there is none.
  [[nodiscard]] result<slot_ref> reserve();

  void opened(slot_ref slot);
  void open_failed(slot_ref slot, open_failure failure);
  enum class health : std::uint8_t {
    good,
    bad,
    unknown, ///< the hook was called off before it began, and is asked for again
  };
  void checked(slot_ref slot, health found);
  void reset_done(slot_ref slot, health found);
  void closed(slot_ref slot);

  /// Does what is due. Then wake_at is called again if anything will be.
  void tick();
  /// Then wake_at is called again, for the hooks that still run.
  void drain();

  /// How many leases are out by the time they are counted.
  [[nodiscard]] std::vector<lease_info> leases() const;
  [[nodiscard]] pool_durations durations() const;
  [[nodiscard]] result<void> resize(std::size_t max_size);
  void invalidate();
  std::size_t evict_idle();
  void suspend();
  void resume();

  [[nodiscard]] pool_stats stats() const;
  /// As given; max_size is the one of the beginning.
  [[nodiscard]] pool_options const& options() const noexcept;
  /// Whether this thread is inside a call of this pool's observer.
  [[nodiscard]] bool tells_here() const noexcept;
  /// The pool's state as an error with `code`.
  [[nodiscard]] error failure(errc code) const;

 private:
  class shell;
  std::unique_ptr<shell> shell_;
};

/// The hooks of a pool by slot index: the part of a blocking driver that knows T.
class hook_table {
 public:
  virtual void run_open(std::uint32_t index, hook_context const& context) = 0; ///< throws
  virtual bool run_check(std::uint32_t index, unsigned failures, hook_context const& context) = 0;
  virtual bool run_reset(std::uint32_t index, hook_context const& context) = 0;
  virtual void run_close(std::uint32_t index, hook_context const& context) = 0;
  virtual bool run_look(std::uint32_t index) = 0;
  /// There will be so many slots; what is in them stays where it is.
  virtual void make_room(std::size_t slots) = 0;
  /// Closed, and no lease is out any more. Whoever calls holds the owner.
  virtual void everything_closed() noexcept = 0;

 protected:
  ~hook_table() = default;
};

/// Threads that run blocking hooks, and one that watches the time; started when first needed.
class crew {
 public:
  /// Throws invalid_options. `hooks` outlives the crew.
  crew(pool_options const& options, hooks_present present, hook_table& hooks);
  ~crew();
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;

  /// To be called once, first: starts the thread that watches the time, and the opens for min_idle.
  /// Every thread holds `owner`, which owns this crew and its hook_table, while it runs. Throws
  /// std::system_error if that thread cannot be started.
  void start(std::weak_ptr<void> owner);

  [[nodiscard]] engine& machinery() noexcept;
  [[nodiscard]] result<slot_ref> acquire(acquire_options const& options,
                                         std::source_location where);

  /// Closes the pool and waits up to `grace` until all is closed; from a hook or the observer it
  /// does not wait. Returns how many leases are still out.
  std::size_t close(duration grace);

  /// Ends the threads once the hooks that run have returned; from a hook or the observer it does
  /// not wait. Closes that are due later run in the thread that causes them.
  void dismiss();

 private:
  class threads;
  std::unique_ptr<threads> threads_;
};

} // namespace conecta::driver
