#include "scenario/key_tables.hpp"

#include "sim/plan.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;
using enum presence;

constexpr std::uint64_t most_workers = 100'000;
// The largest that every reader of JSON keeps exact.
constexpr std::uint64_t largest_seed = (1ULL << 53) - 1;

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
constexpr std::span<std::string_view const> for_latency{fault_types.data(), 1};
constexpr std::span<std::string_view const> for_reset{fault_types.data() + 1, 1};
constexpr std::span<std::string_view const> for_loss{fault_types.data() + 3, 1};
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

// What the simulator can do; which outcomes a hook has is build_sim.cpp's.
constexpr std::array sim_keys{
    key_rule{.name = "hook",
             .what = shape::choice,
             .meaning = "where it happens; the clock is no hook, but can jump",
             .need = required,
             .choices = sim::hook_names},
    key_rule{.name = "outcome",
             .what = shape::choice,
             .meaning = "how it ends",
             .need = required,
             .choices = sim::outcome_names},
    key_rule{.name = "probability",
             .what = shape::real,
             .meaning = "that it happens, each time the hook runs; of the clock, each event",
             .need = required},
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "until it ends; late: after the deadline; hang: after the interrupt",
             .fallback = "\"1ms\"",
             .high = thirty_days},
    key_rule{.name = "jitter",
             .what = shape::duration,
             .meaning = "a random part of this is added to the delay",
             .fallback = "\"0s\"",
             .high = thirty_days},
};
constexpr object_rule sim_rule{"an entry of sim", sim_keys, {}, {}};

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
    key_rule{.name = "sim",
             .what = shape::objects,
             .meaning = "what hooks do under conecta simulate; without it each seed draws",
             .high = most_elements,
             .inner = &sim_rule},
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
