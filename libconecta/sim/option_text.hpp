#pragma once

// The options of a pool as names and texts, for the header of a trace. A new option is one line in
// visit_options; an option that a trace does not name has its default.

#include <conecta/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::sim {

/// Calls visit(name, field) for each option but the pool's name and a store of the user's own,
/// which no text can bring back.
template <class Options, class Visit>
void visit_options(Options& options, Visit&& visit) {
  visit("max_size", options.max_size);
  visit("initial_size", options.initial_size);
  visit("min_idle", options.min_idle);
  visit("max_idle", options.max_idle);
  visit("max_waiters", options.max_waiters);
  visit("acquire_timeout", options.acquire_timeout);
  visit("open_timeout", options.open_timeout);
  visit("check_timeout", options.check_timeout);
  visit("reset_timeout", options.reset_timeout);
  visit("close_timeout", options.close_timeout);
  visit("open_concurrency", options.open_concurrency);
  visit("check_concurrency", options.check_concurrency);
  visit("backoff.initial", options.backoff.initial);
  visit("backoff.limit", options.backoff.limit);
  visit("backoff.jitter", options.backoff.jitter);
  visit("when_down", options.when_down);
  visit("scan_interval", options.scan_interval);
  visit("check_retries", options.check_retries);
  visit("check_on_acquire", options.check_on_acquire);
  visit("check_if_idle_for", options.check_if_idle_for);
  visit("after_bad_check", options.after_bad_check);
  visit("idle_timeout", options.idle_timeout);
  visit("max_lifetime", options.max_lifetime);
  visit("lifetime_jitter", options.lifetime_jitter);
  visit("max_uses", options.max_uses);
  visit("leak_threshold", options.leak_threshold);
  visit("reclaim_after", options.reclaim_after);
  visit("order", options.order);
  visit("fair", options.fair);
  visit("max_overtaken", options.max_overtaken);
  visit("returned", options.returned);
}

[[nodiscard]] std::vector<std::pair<std::string, std::string>>
option_texts(pool_options const& options);

enum class option_reading : std::uint8_t { read, unknown_name, bad_value };

[[nodiscard]] option_reading read_option(pool_options& options, std::string_view name,
                                         std::string_view value);

} // namespace conecta::sim
