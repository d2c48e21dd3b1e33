#pragma once

// What a pool is told when it is built. Absence is std::optional, never 0; nothing is ever clamped:
// violations_of lists every field that is out of range, and a pool with one is not built.

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta {

/// Which idle resource is lent next.
enum class idle_order : std::uint8_t {
  lifo, ///< the one used last: the rest cool down and can be evicted
  fifo, ///< the one unused longest: use is spread evenly
};

/// Whether a returned resource is reset, in the background, before it is lent again.
enum class on_return : std::uint8_t { lend_again, reset };

/// How long to wait after failed opens: initial, then doubled each time up to limit. Each delay is
/// shortened by a random part of up to `jitter` (0 to 1) of itself.
struct backoff_options {
  duration initial = std::chrono::milliseconds{50};
  duration limit = std::chrono::seconds{5};
  double jitter = 0.5;
};

/// All durations are at least 1 ns and at most 10 years, unless a comment says otherwise.
struct pool_options {
  std::size_t max_size = 16;      ///< 1 to 16,777,216; opening to closing resources never exceed it
  std::size_t min_idle = 0;       ///< 0 to max_size; restored in the background
  std::size_t max_waiters = 1024; ///< 0 to 16,777,216; a further one is refused with queue_full

  duration acquire_timeout = std::chrono::seconds{30}; ///< 0 asks once, without waiting
  duration open_timeout = std::chrono::seconds{5};
  duration check_timeout = std::chrono::seconds{1};
  duration reset_timeout = std::chrono::seconds{5};
  duration close_timeout = std::chrono::seconds{5};

  std::size_t open_concurrency = 4;  ///< 1 to 1,024 opens under way at once
  std::size_t check_concurrency = 8; ///< 1 to 1,024 checks under way at once
  backoff_options backoff = {};

  duration scan_interval = std::chrono::seconds{10};
  unsigned check_retries = 3; ///< 0 to 1,000 further tries after a check that failed

  std::optional<duration> idle_timeout = std::chrono::minutes{5};  ///< none: kept while healthy
  std::optional<duration> max_lifetime = std::chrono::minutes{30}; ///< none: kept while healthy
  double lifetime_jitter = 0.1; ///< 0 to 1; shortens max_lifetime, drawn once when it is opened

  idle_order order = idle_order::lifo;
  on_return returned = on_return::lend_again;
  std::string name = {}; ///< for messages and statistics
};

/// One field out of range.
struct option_violation {
  std::string field;
  std::string value;
  std::string allowed;
};

/// Every violation at once; empty for options that a pool accepts.
[[nodiscard]] std::vector<option_violation> violations_of(pool_options const& options);

} // namespace conecta
