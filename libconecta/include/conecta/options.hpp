#pragma once

// What a pool is told when it is built. Absence is std::optional, never 0; nothing is ever clamped:
// violations_of lists every field that is out of range, and a pool with one is not built.

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conecta {

/// The most that max_size, max_idle and max_waiters can be.
inline constexpr std::size_t most_slots = std::size_t{1} << 24U;

/// Which idle resource is lent next.
enum class idle_order : std::uint8_t {
  lifo, ///< the one used last: the rest cool down and can be evicted
  fifo, ///< the one unused longest: use is spread evenly
};

/// An order of the user's own: which idle resource is lent next, by the numbers of their slots.
///
/// Called under the pool's lock, the one thing of the user's that is: it must be quick, must not
/// call the pool and must not throw. Belongs to one pool.
class idle_store {
 public:
  virtual ~idle_store() = default;
  /// `slot` has become idle. It is not in the store.
  virtual void insert(std::uint32_t slot) noexcept = 0;
  /// `slot` is idle no more: lent, checked or closed. It is in the store, whatever next() said.
  virtual void erase(std::uint32_t slot) noexcept = 0;
  /// The slot to lend next; it stays in the store until it is erased. REQUIRES: not empty.
  [[nodiscard]] virtual std::uint32_t next() noexcept = 0;
};

/// Who is served when a resource comes back and callers wait.
enum class fairness : std::uint8_t {
  strict,  ///< the caller that has waited longest, always
  barging, ///< whoever asks first, those that wait included; much faster when threads fight for few
           ///< resources. A caller that was passed over `max_overtaken` times is served next.
};

/// Whether a returned resource is reset, in the background, before it is lent again.
enum class on_return : std::uint8_t { lend_again, reset };

/// Which resources are checked before they are lent. The caller waits for the check, and gets
/// another resource if it fails; one who does not wait gets none that would have to be checked.
enum class acquire_check : std::uint8_t {
  none,
  if_idle_for, ///< those that were neither used nor checked for `check_if_idle_for`
  always,
};

/// What a resource that fails its last check says about the others.
enum class bad_check : std::uint8_t {
  concerns_it_alone,
  makes_older_suspect, ///< all opened or checked before are checked before they are lent
};

/// What callers do while opens fail.
enum class while_down : std::uint8_t {
  wait,      ///< until their deadline
  fail_fast, ///< with nothing lent and nothing on its way they are refused with open_failed
};

/// Whether the pool records something that costs time with each lease.
enum class recording : std::uint8_t { off, on };

class pool_observer;

/// How long to wait after failed opens: initial, then doubled each time up to limit. Each delay is
/// shortened by a random part of up to `jitter` (0 to 1) of itself.
struct backoff_options {
  duration initial = std::chrono::milliseconds{50};
  duration limit = std::chrono::seconds{5};
  double jitter = 0.5;
};

/// All durations are at least 1 ns and at most 10 years, unless a comment says otherwise.
struct pool_options {
  std::size_t max_size = 16;    ///< 1 to 16,777,216; opening to closing resources never exceed it
  std::size_t initial_size = 0; ///< 0 to max_size and max_idle; opened once, when the pool is built
  std::size_t min_idle = 0;     ///< 0 to max_size; restored in the background
  std::optional<std::size_t> max_idle = {}; ///< at least min_idle; more are closed as surplus
  /// 0 to 16,777,216, but at least 1 where check_on_acquire is always or max_idle is 0; a further
  /// one is refused with queue_full.
  std::size_t max_waiters = 1024;

  duration acquire_timeout = std::chrono::seconds{30}; ///< 0 asks once, without waiting
  duration open_timeout = std::chrono::seconds{5};
  duration check_timeout = std::chrono::seconds{1};
  duration reset_timeout = std::chrono::seconds{5};
  duration close_timeout = std::chrono::seconds{5};

  std::size_t open_concurrency = 4;  ///< 1 to 1,024 opens under way at once
  std::size_t check_concurrency = 8; ///< 1 to 1,024 checks under way at once
  backoff_options backoff = {};
  while_down when_down = while_down::wait;

  duration scan_interval = std::chrono::seconds{10};
  unsigned check_retries = 3; ///< 0 to 1,000 further tries after a check of the scan that failed
  acquire_check check_on_acquire = acquire_check::none;
  duration check_if_idle_for = std::chrono::milliseconds{500};
  bad_check after_bad_check = bad_check::concerns_it_alone;

  std::optional<duration> idle_timeout = std::chrono::minutes{5};  ///< none: kept while healthy
  std::optional<duration> max_lifetime = std::chrono::minutes{30}; ///< none: kept while healthy
  double lifetime_jitter = 0.1; ///< 0 to 1; shortens max_lifetime, drawn once when it is opened
  std::optional<std::uint32_t> max_uses = {}; ///< at least 1; closed on return from the last

  std::optional<duration> leak_threshold = {}; ///< a lease held for longer is reported
  /// Longer than leak_threshold, which it needs. A lease held for so long loses its place: another
  /// resource may be opened instead, beyond max_size, and this one is closed when it comes back.
  std::optional<duration> reclaim_after = {};

  idle_order order = idle_order::lifo;
  std::shared_ptr<idle_store> store = {}; ///< instead of `order`
  fairness fair = fairness::strict;
  unsigned max_overtaken = 8; ///< 1 to 255; with fairness::barging
  on_return returned = on_return::lend_again;

  /// Who holds what since when: pool::leases(). Off, leases of a pool with the order lifo, without
  /// max_idle, max_uses, leak_threshold, reset on return, checks on acquire, durations and observer
  /// need no lock while nobody waits and nothing is opened, checked or closed; a lifetime then ends
  /// when the pool's timer says so, and idle times count from the next scan after the return.
  recording borrowers = recording::on;
  recording durations = recording::off;         ///< of waits, opens and leases: pool::durations()
  std::shared_ptr<pool_observer> observer = {}; ///< conecta/observer.hpp
  std::string name = {};                        ///< for messages and statistics
};

/// How many slots a pool needs: with reclaim_after, as many leases again may have lost their place.
[[nodiscard]] constexpr std::size_t slots_of(pool_options const& options) noexcept {
  return options.reclaim_after ? 2 * options.max_size : options.max_size;
}

/// One field out of range.
struct option_violation {
  std::string field;
  std::string value;
  std::string allowed;
};

/// Every violation at once; empty for options that a pool accepts.
[[nodiscard]] std::vector<option_violation> violations_of(pool_options const& options);

} // namespace conecta
