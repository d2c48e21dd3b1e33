#include <conecta/options.hpp>
#include <conecta/stats.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace conecta {

namespace {

constexpr duration longest = std::chrono::hours{24 * 3653};

/// In the largest unit that it is a whole number of.
std::string text_of(duration value) {
  using namespace std::chrono_literals;
  constexpr std::array<std::pair<duration, std::string_view>, 6> units{
      {{1h, "h"}, {1min, "min"}, {1s, "s"}, {1ms, "ms"}, {1us, "us"}, {1ns, "ns"}}};
  for (auto const& [unit, name] : units) {
    if (value != duration{} && value % unit == duration{}) {
      return std::to_string(value / unit).append(name);
    }
  }
  return "0s";
}

class option_check {
 public:
  void count(char const* field, std::size_t value, std::size_t least, std::size_t most) {
    if (value < least || value > most) {
      report(field, std::to_string(value), std::to_string(least) + " to " + std::to_string(most));
    }
  }

  bool time(char const* field, duration value, duration least = duration{1}) {
    auto const allowed = value >= least && value <= longest;
    if (!allowed) {
      report(field, text_of(value), least == duration{} ? "0 to 10 years" : "1ns to 10 years");
    }
    return allowed;
  }

  void time(char const* field, std::optional<duration> value) {
    if (value) {
      time(field, *value);
    }
  }

  template <class Choice>
  void choice(char const* field, Choice value, Choice last) {
    using number = std::underlying_type_t<Choice>;
    if (static_cast<number>(value) > static_cast<number>(last)) {
      report(field, std::to_string(static_cast<number>(value)), "one of its enumerators");
    }
  }

  void ratio(char const* field, double value) {
    if (!(value >= 0.0 && value <= 1.0)) {
      report(field, std::to_string(value), "0 to 1");
    }
  }

  void report(std::string field, std::string value, std::string allowed) {
    found_.push_back({std::move(field), std::move(value), std::move(allowed)});
  }

  [[nodiscard]] std::vector<option_violation> found() && { return std::move(found_); }

 private:
  std::vector<option_violation> found_;
};

} // namespace

std::vector<option_violation> violations_of(pool_options const& options) {
  option_check check;
  check.count("max_size", options.max_size, 1, most_slots);
  if (options.min_idle > options.max_size) {
    check.report("min_idle", std::to_string(options.min_idle),
                 "0 to max_size (" + std::to_string(options.max_size) + ")");
  }
  auto const may_be_idle = std::min(options.max_idle.value_or(options.max_size), options.max_size);
  if (options.initial_size > may_be_idle) {
    check.report("initial_size", std::to_string(options.initial_size),
                 "0 to max_size and max_idle (" + std::to_string(may_be_idle) + ")");
  }
  if (options.max_idle) {
    check.count("max_idle", *options.max_idle, options.min_idle, most_slots);
  }
  check.count("max_waiters", options.max_waiters, 0, most_slots);
  if (options.max_waiters == 0 &&
      (options.check_on_acquire == acquire_check::always || options.max_idle == 0)) {
    check.report("max_waiters", "0",
                 "at least 1 where check_on_acquire is always or max_idle is 0: nobody could ever "
                 "be served");
  }
  check.time("acquire_timeout", options.acquire_timeout, duration{0});
  check.time("open_timeout", options.open_timeout);
  check.time("check_timeout", options.check_timeout);
  check.time("reset_timeout", options.reset_timeout);
  check.time("close_timeout", options.close_timeout);
  check.count("open_concurrency", options.open_concurrency, 1, 1024);
  check.count("check_concurrency", options.check_concurrency, 1, 1024);
  check.time("backoff.initial", options.backoff.initial);
  check.ratio("backoff.jitter", options.backoff.jitter);
  if (check.time("backoff.limit", options.backoff.limit) &&
      options.backoff.limit < options.backoff.initial) {
    check.report("backoff.limit", text_of(options.backoff.limit),
                 "at least backoff.initial (" + text_of(options.backoff.initial) + ")");
  }
  check.time("scan_interval", options.scan_interval);
  check.count("check_retries", options.check_retries, 0, 1000);
  check.time("check_if_idle_for", options.check_if_idle_for);
  check.time("idle_timeout", options.idle_timeout);
  check.time("max_lifetime", options.max_lifetime);
  check.ratio("lifetime_jitter", options.lifetime_jitter);
  if (options.max_uses) {
    check.count("max_uses", *options.max_uses, 1, std::numeric_limits<std::uint32_t>::max());
  }
  check.count("max_overtaken", options.max_overtaken, 1, 255);
  check.time("leak_threshold", options.leak_threshold);
  check.choice("when_down", options.when_down, while_down::fail_fast);
  check.choice("check_on_acquire", options.check_on_acquire, acquire_check::always);
  check.choice("after_bad_check", options.after_bad_check, bad_check::makes_older_suspect);
  check.choice("order", options.order, idle_order::fifo);
  check.choice("fair", options.fair, fairness::barging);
  check.choice("returned", options.returned, on_return::reset);
  check.choice("borrowers", options.borrowers, recording::on);
  check.choice("durations", options.durations, recording::on);
  if (options.reclaim_after) {
    auto const after = *options.reclaim_after;
    if (!options.leak_threshold || after <= *options.leak_threshold || after > longest) {
      check.report("reclaim_after", text_of(after),
                   "longer than leak_threshold, which it needs, to 10 years");
    }
  }
  return std::move(check).found();
}

std::string_view name_of(close_reason reason) noexcept {
  constexpr std::array<std::string_view, close_reason_count> names{
      "idle",  "lifetime", "uses",      "unhealthy", "surplus",
      "stale", "broken",   "discarded", "shutdown"};
  return names[static_cast<std::size_t>(reason)];
}

} // namespace conecta
