#pragma once

// What a failed open leads to: how long until the next one, and how many may then run at once.

#include "base/random.hpp"
#include "core/planted.hpp"

#include <conecta/options.hpp>
#include <conecta/time.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace conecta::core {

/// `whole` without its part `cut` (0 to 1), and at least 1 ns.
[[nodiscard]] inline duration shortened(duration whole, double cut) noexcept {
  auto const kept = static_cast<double>(whole.count()) * (1.0 - cut);
  return std::clamp(duration{static_cast<duration::rep>(kept)}, duration{1}, whole);
}

/// The delay after `failures` (at least 1) failed opens in a row: initial doubled for each further
/// one, capped at limit, shortened by chance in [0, 1) times jitter.
[[nodiscard]] inline duration backoff_delay(backoff_options const& options, unsigned failures,
                                            double chance) noexcept {
  auto delay = std::min(options.initial, options.limit);
  for (unsigned i = 1; i < failures && delay < options.limit; ++i) {
    delay = delay > options.limit / 2 ? options.limit : delay * 2;
  }
  return shortened(delay, options.jitter * chance);
}

/// Opens pause after a failure, and a lone one then tries whether the backend is back. After it,
/// each that succeeds allows one more at a time (1, 2, 4 ...: the slow start of RFC 5681), so that
/// a backend that has just come back is not met by a herd.
class backoff {
 public:
  backoff() = default;
  explicit backoff(backoff_options const& options) : options_{options} {}

  /// Of several opens that were under way together only the first failure counts.
  void failed(instant now, random_source& random) noexcept {
    if (now < resume_at_) {
      return;
    }
    failures_ = std::min(failures_ + 1, 64U);
    at_once_ = 1;
    auto const chance = options_.jitter > 0 ? random.next_unit() : 0.0;
    resume_at_ = saturating_add(now, backoff_delay(options_, failures_, chance));
  }

  void succeeded() noexcept {
    forgiven_ = failures_;
    failures_ = 0;
    resume_at_ = instant::min();
    at_once_ = planted(bug::herd_after_recovery) ? any_number : std::min(at_once_ + 1, any_number);
  }

  /// What had succeeded was worth nothing: as if it had not.
  void failed_after_all(instant now, random_source& random) noexcept {
    failures_ = failures_ == 0 ? std::exchange(forgiven_, 0U) : failures_;
    failed(now, random);
  }

  [[nodiscard]] std::size_t opens_allowed(instant now, std::size_t concurrency) const noexcept {
    auto const paused = failures_ > 0 && now < resume_at_;
    return paused ? 0 : std::min(at_once_, concurrency);
  }

  [[nodiscard]] instant resume_at() const noexcept { return resume_at_; }
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }
  /// Of before the latest success.
  [[nodiscard]] unsigned forgiven() const noexcept { return forgiven_; }

 private:
  static constexpr std::size_t any_number = 1024; ///< the most that open_concurrency can be

  backoff_options options_;
  unsigned failures_ = 0;
  unsigned forgiven_ = 0;
  std::size_t at_once_ = any_number;
  instant resume_at_ = instant::min();
};

} // namespace conecta::core
