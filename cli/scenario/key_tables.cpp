#include "scenario/rules.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;
using enum presence;
using names = std::span<std::string_view const>;

constexpr std::uint64_t ten_years = 87'600ULL * 3'600 * 1'000'000'000;
constexpr std::uint64_t thirty_days = 720ULL * 3'600 * 1'000'000'000;
constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t most_elements = 1000;
constexpr std::uint64_t most_workers = 100'000;
// The largest that every reader of JSON keeps exact.
constexpr std::uint64_t largest_seed = (1ULL << 53) - 1;

// -- payloads and replies

constexpr std::array one_payload_key{"hex"sv, "random"sv};
constexpr std::array payload_keys{
    key_rule{.name = "hex", .what = shape::text, .meaning = "bytes, two hexadecimal digits each"},
    key_rule{.name = "random",
             .what = shape::size,
             .meaning = "so many random bytes, new ones for each request",
             .low = 1,
             .high = mebibyte},
};
constexpr object_rule payload_rule{"a payload", payload_keys, {}, one_payload_key};

constexpr std::array one_bytes_key{"hex"sv};
constexpr object_rule bytes_rule{"a reply", std::span{payload_keys}.first<1>(), {}, one_bytes_key};

constexpr std::array only_true{"true"sv};
constexpr std::array one_reply_key{"until"sv, "bytes"sv, "echo"sv, "close"sv, "none"sv};
constexpr std::array reply_keys{
    key_rule{.name = "until",
             .what = shape::text,
             .meaning = "the reply ends with this text",
             .low = 1,
             .high = 1024},
    key_rule{.name = "bytes",
             .what = shape::size,
             .meaning = "the reply is this long",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "echo",
             .what = shape::boolean,
             .meaning = "the reply is what was sent",
             .choices = only_true},
    key_rule{.name = "close",
             .what = shape::boolean,
             .meaning = "the reply ends where the server closes",
             .choices = only_true},
    key_rule{
        .name = "none", .what = shape::boolean, .meaning = "nothing is read", .choices = only_true},
};
constexpr object_rule reply_rule{"a reply", reply_keys, {}, one_reply_key};

constexpr std::array expect_keys{
    key_rule{.name = "equals",
             .what = shape::text,
             .meaning = "the reply is this text",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "prefix",
             .what = shape::text,
             .meaning = "the reply begins with this text",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "regex",
             .what = shape::text,
             .meaning = "this pattern is found in the reply (Perl's syntax)",
             .low = 1,
             .high = 1024},
    key_rule{.name = "min_bytes",
             .what = shape::size,
             .meaning = "the reply is at least this long",
             .high = mebibyte},
};
constexpr object_rule expect_rule{"an expectation", expect_keys, {}, {}};

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

// -- endpoints and pools

constexpr std::array target_kinds{"tcp-echo"sv, "udp-echo"sv};
constexpr names tcp_target{target_kinds.data(), 1};
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
             .only_for = tcp_target},
    key_rule{.name = "reply",
             .what = shape::payload,
             .meaning = "the answer; without it the request comes back",
             .high = mebibyte,
             .inner = &bytes_rule},
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
constexpr object_rule target_rule{"a target", target_keys, "kind", {}};

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

constexpr std::array orders{"lifo"sv, "fifo"sv};

constexpr key_rule timeout(std::string_view name, std::string_view meaning,
                           std::string_view fallback) {
  return {.name = name,
          .what = shape::duration,
          .meaning = meaning,
          .fallback = fallback,
          .low = 1,
          .high = ten_years};
}

constexpr key_rule unsupported(std::string_view name) { return {.name = name, .need = later}; }

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
    key_rule{.name = "min_idle",
             .what = shape::whole,
             .meaning = "so many are kept ready",
             .fallback = "0",
             .high = 1U << 24},
    key_rule{.name = "max_waiters",
             .what = shape::whole,
             .meaning = "so many may wait; one more is refused",
             .fallback = "1024",
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
    timeout("scan_interval", "between two passes over the idle connections", "\"10s\""),
    key_rule{.name = "check_retries",
             .what = shape::whole,
             .meaning = "further tries after a check that failed",
             .fallback = "3",
             .high = 1000},
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
    key_rule{.name = "order",
             .what = shape::choice,
             .meaning = "which idle connection is lent next: the one used last, or first",
             .fallback = "\"lifo\"",
             .choices = orders},
    unsupported("initial_size"),
    unsupported("max_idle"),
    unsupported("max_uses"),
    unsupported("reset_on_return"),
    unsupported("check_on_acquire"),
    unsupported("fairness"),
    unsupported("leak_threshold"),
};
constexpr object_rule pool_rule{"a pool", pool_keys, {}, {}};

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
constexpr object_rule endpoint_rule{"an endpoint", endpoint_keys, {}, one_server};

// -- load

constexpr std::array request_keys{
    key_rule{.name = "name", .what = shape::name, .meaning = "for messages"},
    key_rule{.name = "endpoints",
             .what = shape::names,
             .meaning = "the endpoints that it may go to; without it all",
             .low = 1,
             .high = most_elements},
    key_rule{.name = "send",
             .what = shape::payload,
             .meaning = "the request",
             .need = required,
             .high = mebibyte,
             .inner = &payload_rule},
    key_rule{.name = "reply",
             .what = shape::object,
             .meaning = "where the reply ends; on UDP it is one datagram",
             .inner = &reply_rule},
    key_rule{.name = "expect",
             .what = shape::object,
             .meaning = "what the reply must look like",
             .inner = &expect_rule},
};
constexpr object_rule request_rule{"a request", request_keys, {}, {}};

constexpr std::array models{"closed"sv};
constexpr std::array later_models{"open"sv};
constexpr std::array workload_keys{
    key_rule{.name = "model",
             .what = shape::choice,
             .meaning = "closed: each worker sends its next request after the last one ended",
             .fallback = "\"closed\"",
             .choices = models,
             .later_choices = later_models},
    key_rule{.name = "workers",
             .what = shape::whole,
             .meaning = "who send requests; without it the pool's max_size",
             .high = most_workers},
    key_rule{.name = "think",
             .what = shape::duration,
             .meaning = "a worker rests this long between two requests",
             .fallback = "\"0s\"",
             .high = ten_years},
    key_rule{.name = "hold",
             .what = shape::duration,
             .meaning = "a worker keeps a connection this long after the reply",
             .fallback = "\"0s\"",
             .high = ten_years},
    key_rule{.name = "request_timeout",
             .what = shape::duration,
             .meaning = "for sending a request and reading its reply",
             .fallback = "\"1s\"",
             .low = 1,
             .high = ten_years},
    key_rule{.name = "requests",
             .what = shape::objects,
             .meaning = "what is sent",
             .need = required,
             .low = 1,
             .high = most_elements,
             .inner = &request_rule},
    unsupported("max_in_flight"),
    unsupported("on_overload"),
    unsupported("rate"),
};
constexpr object_rule workload_rule{"a workload", workload_keys, {}, {}};

constexpr std::array stage_keys{
    key_rule{.name = "name",
             .what = shape::name,
             .meaning = "what the result calls it",
             .need = required},
    key_rule{.name = "duration",
             .what = shape::duration,
             .meaning = "how long it lasts",
             .need = required,
             .low = 1,
             .high = thirty_days},
    key_rule{.name = "record",
             .what = shape::boolean,
             .meaning = "whether it counts in the whole",
             .fallback = "true"},
    key_rule{.name = "workers",
             .what = shape::whole,
             .meaning = "without it the workload's; 0 is an idle stage",
             .high = most_workers},
    unsupported("rate"),
    unsupported("from"),
    unsupported("to"),
};
constexpr object_rule stage_rule{"a stage", stage_keys, {}, {}};

// -- faults and thresholds

constexpr std::array fault_types{"latency"sv, "reset"sv, "refuse"sv, "loss"sv};
constexpr names for_latency{fault_types.data(), 1};
constexpr names for_reset{fault_types.data() + 1, 1};
constexpr names for_loss{fault_types.data() + 3, 1};
constexpr std::array later_faults{"bandwidth"sv,       "slicer"sv,
                                  "stall"sv,           "blackhole"sv,
                                  "close"sv,           "half_close"sv,
                                  "slow_close"sv,      "accept_close"sv,
                                  "backlog_full"sv,    "connect_delay"sv,
                                  "corrupt"sv,         "truncate"sv,
                                  "extra_reply"sv,     "duplicate"sv,
                                  "reorder"sv,         "port_closed"sv,
                                  "idle_disconnect"sv, "max_connections"sv,
                                  "slow_reply"sv,      "restart"sv,
                                  "error_reply"sv,     "name"sv,
                                  "fd_limit"sv,        "port_range"sv,
                                  "pause"sv,           "kill"sv};
constexpr std::array affected_names{"all"sv, "new"sv, "existing"sv};
constexpr std::array direction_names{"downstream"sv, "upstream"sv, "both"sv};
constexpr std::array distribution_names{"uniform"sv, "normal"sv, "pareto"sv};
constexpr std::array fault_keys{
    key_rule{
        .name = "id", .what = shape::name, .meaning = "what the result calls it", .need = required},
    key_rule{.name = "endpoint",
             .what = shape::name,
             .meaning = "the id of the endpoint that it is done to",
             .need = required},
    key_rule{.name = "type",
             .what = shape::choice,
             .meaning = "what is done",
             .need = required,
             .choices = fault_types,
             .later_choices = later_faults},
    key_rule{.name = "at",
             .what = shape::moment,
             .meaning = "when it begins: \"STAGE+OFFSET\"",
             .need = required},
    key_rule{.name = "for",
             .what = shape::duration,
             .meaning = "how long it lasts",
             .need = required,
             .low = 1,
             .high = thirty_days},
    key_rule{.name = "probability",
             .what = shape::real,
             .meaning = "that it happens, each time it is drawn",
             .fallback = "1"},
    key_rule{.name = "applies_to",
             .what = shape::choice,
             .meaning = "connections opened before the window, in it, or both",
             .fallback = "\"all\"",
             .choices = affected_names},
    key_rule{.name = "direction",
             .what = shape::choice,
             .meaning = "downstream is from the server to the client",
             .fallback = "\"downstream\"",
             .choices = direction_names},
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "so much later",
             .need = required,
             .high = ten_years,
             .only_for = for_latency},
    key_rule{.name = "jitter",
             .what = shape::duration,
             .meaning = "how far the delay spreads",
             .fallback = "\"0s\"",
             .high = ten_years,
             .only_for = for_latency},
    key_rule{.name = "distribution",
             .what = shape::choice,
             .meaning = "how the jitter is drawn",
             .fallback = "\"uniform\"",
             .choices = distribution_names,
             .only_for = for_latency},
    key_rule{.name = "after_bytes",
             .what = shape::size,
             .meaning = "so much of the reply passes first",
             .fallback = "0",
             .only_for = for_reset},
    unsupported("repeat"),
    key_rule{.name = "burst", .need = later, .only_for = for_loss},
};
constexpr object_rule fault_rule{"a fault", fault_keys, "type", {}};

constexpr std::array one_limit{"max"sv, "min"sv, "equals"sv};
constexpr std::array threshold_keys{
    key_rule{.name = "metric",
             .what = shape::text,
             .meaning = "a figure of the result, such as \"wait.p99\"",
             .need = required,
             .low = 1,
             .high = 200},
    key_rule{.name = "stage", .what = shape::name, .meaning = "only in this stage"},
    key_rule{.name = "endpoint", .what = shape::name, .meaning = "only at this endpoint"},
    key_rule{.name = "fault", .what = shape::name, .meaning = "only in this fault's window"},
    key_rule{.name = "max", .what = shape::limit, .meaning = "at most this"},
    key_rule{.name = "min", .what = shape::limit, .meaning = "at least this"},
    key_rule{.name = "equals", .what = shape::limit, .meaning = "exactly this"},
    key_rule{.name = "min_samples",
             .what = shape::whole,
             .meaning = "with fewer it is not kept",
             .low = 1},
};
constexpr object_rule threshold_rule{"a threshold", threshold_keys, {}, one_limit};

constexpr std::array only_false{"false"sv};
constexpr std::array later_true{"true"sv};
constexpr std::array scenario_keys{
    key_rule{.name = "version",
             .what = shape::whole,
             .meaning = "of this format",
             .need = required,
             .low = 1,
             .high = 1},
    key_rule{.name = "name",
             .what = shape::text,
             .meaning = "what the result calls the run",
             .fallback = "\"\"",
             .high = 200},
    key_rule{.name = "seed",
             .what = shape::whole,
             .meaning = "of all that is random",
             .fallback = "1",
             .high = largest_seed},
    key_rule{.name = "endpoints",
             .what = shape::objects,
             .meaning = "the servers",
             .need = required,
             .low = 1,
             .high = most_elements,
             .inner = &endpoint_rule},
    key_rule{.name = "pool",
             .what = shape::object,
             .meaning = "how the pool of each endpoint works",
             .fallback = "{}",
             .inner = &pool_rule},
    key_rule{.name = "workload",
             .what = shape::object,
             .meaning = "who sends what",
             .need = required,
             .inner = &workload_rule},
    key_rule{.name = "stages",
             .what = shape::objects,
             .meaning = "the named parts of the run, one after the other",
             .need = required,
             .low = 1,
             .high = most_elements,
             .inner = &stage_rule},
    key_rule{.name = "faults",
             .what = shape::objects,
             .meaning = "what is done to endpoints, and when",
             .fallback = "[]",
             .high = most_elements,
             .inner = &fault_rule},
    key_rule{.name = "thresholds",
             .what = shape::objects,
             .meaning = "what the result must keep",
             .fallback = "[]",
             .high = most_elements,
             .inner = &threshold_rule},
    key_rule{.name = "invariants",
             .what = shape::boolean,
             .meaning = "whether the pool's promises are judged",
             .fallback = "false",
             .choices = only_false,
             .later_choices = later_true},
};
constexpr object_rule whole_rule{"a scenario", scenario_keys, {}, {}};

} // namespace

object_rule const& scenario_rule() noexcept { return whole_rule; }

} // namespace conecta::scenario
