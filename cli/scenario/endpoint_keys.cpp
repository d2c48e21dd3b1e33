#include "scenario/key_tables.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;
using enum presence;

constexpr std::array check_keys{
    key_rule{.name = "send",
             .what = shape::payload,
             .meaning = "what asks whether the connection is alive",
             .need = required,
             .inner = &payload_rule},
    key_rule{.name = "reply",
             .what = shape::object,
             .meaning = "where the answer ends; on UDP it is one datagram",
             .inner = &reply_rule},
    key_rule{.name = "expect",
             .what = shape::object,
             .meaning = "what the answer must look like",
             .inner = &expect_rule},
};
constexpr object_rule check_rule{"a check", check_keys, {}, {}};

constexpr std::array target_kinds{"tcp-echo"sv, "udp-echo"sv, "http"sv, "memcached"sv,
                                  "mysql"sv,    "postgres"sv, "redis"sv};
constexpr std::span<std::string_view const> framed_target{target_kinds.data(), 1};
constexpr std::array target_with_reply{"tcp-echo"sv, "udp-echo"sv, "http"sv, "mysql"sv,
                                       "postgres"sv};
constexpr std::array tcp_target{"tcp-echo"sv, "http"sv,     "memcached"sv,
                                "mysql"sv,    "postgres"sv, "redis"sv};
constexpr std::array frame_keys{
    key_rule{.name = "bytes",
             .what = shape::size,
             .meaning = "a request is this long",
             .need = required,
             .low = 1,
             .high = mebibyte},
};
constexpr object_rule frame_rule{"a frame", frame_keys, {}, {}};
constexpr std::array target_keys{
    key_rule{.name = "kind",
             .what = shape::choice,
             .meaning = "which server",
             .need = required,
             .choices = target_kinds},
    key_rule{.name = "frame",
             .what = shape::object,
             .meaning = "where a request ends; without it at a line feed",
             .inner = &frame_rule,
             .only_for = framed_target},
    key_rule{.name = "reply",
             .what = shape::payload,
             .meaning = "the answer, the body or the value; without it the request comes back, "
                        "or what the protocol has",
             .high = mebibyte,
             .inner = &bytes_rule,
             .only_for = target_with_reply},
    key_rule{.name = "reply_delay",
             .what = shape::duration,
             .meaning = "each answer is this late",
             .fallback = "\"0s\"",
             .high = ten_years},
    key_rule{.name = "max_connections",
             .what = shape::whole,
             .meaning = "one more is closed at once",
             .low = 1,
             .high = 1'000'000,
             .none = nullable::means_none,
             .only_for = tcp_target},
    key_rule{.name = "idle_disconnect",
             .what = shape::duration,
             .meaning = "a connection silent for so long is closed",
             .low = 1,
             .high = ten_years,
             .none = nullable::means_none,
             .only_for = tcp_target},
    key_rule{.name = "close_after",
             .what = shape::whole,
             .meaning = "a connection is closed after so many replies",
             .low = 1,
             .none = nullable::means_none,
             .only_for = tcp_target},
};
} // namespace

constexpr object_rule target_rule{"a target", target_keys, "kind", {}};

namespace {

constexpr std::array backoff_keys{
    key_rule{.name = "initial",
             .what = shape::duration,
             .meaning = "the wait after the first open that failed; doubled each time",
             .fallback = "\"50ms\"",
             .low = 1,
             .high = ten_years},
    key_rule{.name = "limit",
             .what = shape::duration,
             .meaning = "the longest wait",
             .fallback = "\"5s\"",
             .low = 1,
             .high = ten_years},
    key_rule{.name = "jitter",
             .what = shape::real,
             .meaning = "a wait is shortened by a random part of up to this",
             .fallback = "0.5"},
};
constexpr object_rule backoff_rule{"a backoff", backoff_keys, {}, {}};

constexpr std::array orders_allowed{"lifo"sv, "fifo"sv};
constexpr std::array when_down_allowed{"wait"sv, "fail_fast"sv};
constexpr std::array acquire_checks_allowed{"none"sv, "if_idle_for"sv, "always"sv};
constexpr std::array bad_checks_allowed{"concerns_it_alone"sv, "makes_older_suspect"sv};
constexpr std::array fairness_allowed{"strict"sv, "barging"sv};

constexpr key_rule timeout(std::string_view name, std::string_view meaning,
                           std::string_view fallback) {
  return {.name = name,
          .what = shape::duration,
          .meaning = meaning,
          .fallback = fallback,
          .low = 1,
          .high = ten_years};
}

constexpr key_rule maybe_time(std::string_view name, std::string_view meaning) {
  return {.name = name,
          .what = shape::duration,
          .meaning = meaning,
          .fallback = "null",
          .low = 1,
          .high = ten_years,
          .none = nullable::means_none};
}

constexpr std::array pool_keys{
    key_rule{.name = "name",
             .what = shape::name,
             .meaning = "for messages; without it the endpoint's id"},
    key_rule{.name = "max_size",
             .what = shape::whole,
             .meaning = "the most connections at once",
             .fallback = "16",
             .low = 1,
             .high = 1U << 24},
    key_rule{.name = "initial_size",
             .what = shape::whole,
             .meaning = "so many are opened when the run begins",
             .fallback = "0",
             .high = 1U << 24},
    key_rule{.name = "min_idle",
             .what = shape::whole,
             .meaning = "so many are kept ready",
             .fallback = "0",
             .high = 1U << 24},
    key_rule{.name = "max_idle",
             .what = shape::whole,
             .meaning = "more idle ones are closed at once",
             .fallback = "null",
             .high = 1U << 24,
             .none = nullable::means_none},
    key_rule{.name = "max_waiters",
             .what = shape::whole,
             .meaning = "so many may wait; one more is refused. 1024 or all workers",
             .high = 1U << 24},
    key_rule{.name = "acquire_timeout",
             .what = shape::duration,
             .meaning = "the longest wait for a connection; 0s asks once",
             .fallback = "\"30s\"",
             .high = ten_years},
    timeout("open_timeout", "for opening a connection", "\"5s\""),
    timeout("check_timeout", "for a check", "\"1s\""),
    timeout("reset_timeout", "for a reset", "\"5s\""),
    timeout("close_timeout", "for closing a connection", "\"5s\""),
    key_rule{.name = "open_concurrency",
             .what = shape::whole,
             .meaning = "so many open at once",
             .fallback = "4",
             .low = 1,
             .high = 1024},
    key_rule{.name = "check_concurrency",
             .what = shape::whole,
             .meaning = "so many are checked at once",
             .fallback = "8",
             .low = 1,
             .high = 1024},
    key_rule{.name = "backoff",
             .what = shape::object,
             .meaning = "how long to wait after opens that failed",
             .fallback = "{}",
             .inner = &backoff_rule},
    key_rule{.name = "when_down",
             .what = shape::choice,
             .meaning = "whether callers wait or are refused while opens fail",
             .fallback = "\"wait\"",
             .choices = when_down_allowed},
    timeout("scan_interval", "between two passes over the idle connections", "\"10s\""),
    key_rule{.name = "check_retries",
             .what = shape::whole,
             .meaning = "further tries after a check that failed",
             .fallback = "3",
             .high = 1000},
    key_rule{.name = "check_on_acquire",
             .what = shape::choice,
             .meaning = "which connections are checked before they are lent",
             .fallback = "\"none\"",
             .choices = acquire_checks_allowed},
    timeout("check_if_idle_for", "with check_on_acquire if_idle_for", "\"500ms\""),
    key_rule{.name = "after_bad_check",
             .what = shape::choice,
             .meaning = "what a check that failed says of the other connections",
             .fallback = "\"concerns_it_alone\"",
             .choices = bad_checks_allowed},
    key_rule{.name = "idle_timeout",
             .what = shape::duration,
             .meaning = "an idle connection above min_idle is closed after this",
             .fallback = "\"5m\"",
             .low = 1,
             .high = ten_years,
             .none = nullable::means_none},
    key_rule{.name = "max_lifetime",
             .what = shape::duration,
             .meaning = "a connection is closed at this age",
             .fallback = "\"30m\"",
             .low = 1,
             .high = ten_years,
             .none = nullable::means_none},
    key_rule{.name = "lifetime_jitter",
             .what = shape::real,
             .meaning = "a lifetime is shortened by a random part of up to this",
             .fallback = "0.1"},
    key_rule{.name = "max_uses",
             .what = shape::whole,
             .meaning = "a connection is closed after so many leases",
             .fallback = "null",
             .low = 1,
             .high = std::numeric_limits<std::uint32_t>::max(),
             .none = nullable::means_none},
    maybe_time("leak_threshold", "a lease that is held for longer is counted as leaked"),
    maybe_time("reclaim_after", "a lease that is held for longer loses its place"),
    key_rule{.name = "fairness",
             .what = shape::choice,
             .meaning = "who is served: the one that waited longest, or who asks first",
             .fallback = "\"strict\"",
             .choices = fairness_allowed},
    key_rule{.name = "max_overtaken",
             .what = shape::whole,
             .meaning = "with barging: passed over so often, one is served next",
             .fallback = "8",
             .low = 1,
             .high = 255},
    key_rule{.name = "order",
             .what = shape::choice,
             .meaning = "which idle connection is lent next: the one used last, or first",
             .fallback = "\"lifo\"",
             .choices = orders_allowed},
    unsupported("reset_on_return"),
};
} // namespace

constexpr object_rule pool_rule{"a pool", pool_keys, {}, {}};

namespace {

constexpr std::array one_server{"url"sv, "target"sv};
constexpr std::array endpoint_keys{
    key_rule{
        .name = "id", .what = shape::name, .meaning = "what the result calls it", .need = required},
    key_rule{.name = "url", .what = shape::url, .meaning = "of a server that runs elsewhere"},
    key_rule{.name = "target",
             .what = shape::object,
             .meaning = "an embedded server",
             .inner = &target_rule},
    key_rule{.name = "weight",
             .what = shape::real,
             .meaning = "its share of the requests",
             .fallback = "1",
             .least = 1e-6,
             .most = 1e6},
    key_rule{.name = "check",
             .what = shape::object,
             .meaning = "asks an idle connection whether it is alive",
             .inner = &check_rule},
    key_rule{.name = "pool",
             .what = shape::object,
             .meaning = "keys over those of the scenario's pool",
             .inner = &pool_rule,
             .fill = defaults::left_out},
};
} // namespace

constexpr object_rule endpoint_rule{"an endpoint", endpoint_keys, {}, one_server};

} // namespace conecta::scenario
