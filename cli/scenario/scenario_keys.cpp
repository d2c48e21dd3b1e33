#include "scenario/key_tables.hpp"

#include "sim/plan.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;
using enum presence;

constexpr std::uint64_t most_workers = 100'000;
constexpr double fastest_rate = 1'000'000;
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
             .high = mebibyte,
             .inner = &payload_rule},
    key_rule{.name = "redis",
             .what = shape::texts,
             .meaning = "a command of Redis, its name and arguments",
             .low = 1,
             .high = most_elements},
    key_rule{.name = "http",
             .what = shape::object,
             .meaning = "a request of HTTP/1.1",
             .inner = &http_rule},
    key_rule{.name = "sql",
             .what = shape::text,
             .meaning = "a statement, for a session of a database",
             .low = 1,
             .high = mebibyte},
    key_rule{.name = "reply",
             .what = shape::object,
             .meaning = "where the reply ends; on UDP it is one datagram",
             .inner = &reply_rule},
    key_rule{.name = "expect",
             .what = shape::object,
             .meaning = "what the reply must look like",
             .inner = &expect_rule},
};
constexpr std::array one_request_key{"send"sv, "redis"sv, "http"sv, "sql"sv};
constexpr object_rule request_rule{"a request", request_keys, {}, one_request_key};

constexpr std::array models{"closed"sv, "open"sv};
constexpr std::span<std::string_view const> for_closed{models.data(), 1};
constexpr std::span<std::string_view const> for_open{models.data() + 1, 1};
constexpr std::array overload_answers{"queue"sv, "drop"sv};
constexpr double slowest_rate = 0.001;
constexpr std::array workload_keys{
    key_rule{.name = "model",
             .what = shape::choice,
             .meaning = "closed: each worker sends its next request after the last one ended; "
                        "open: requests begin on a schedule, whatever became of those before",
             .fallback = "\"closed\"",
             .choices = models},
    key_rule{.name = "workers",
             .what = shape::whole,
             .meaning = "who send requests; without it the pool's max_size",
             .high = most_workers,
             .only_for = for_closed},
    key_rule{.name = "rate",
             .what = shape::per_second,
             .meaning = "requests that begin, of stages that give none",
             .least = slowest_rate,
             .most = fastest_rate,
             .only_for = for_open},
    key_rule{.name = "max_in_flight",
             .what = shape::whole,
             .meaning = "requests under way at once",
             .fallback = "10000",
             .low = 1,
             .high = most_workers,
             .only_for = for_open},
    key_rule{.name = "on_overload",
             .what = shape::choice,
             .meaning = "of a request that is due while max_in_flight are under way: it waits for "
                        "one to end, or is never started",
             .fallback = "\"queue\"",
             .choices = overload_answers,
             .only_for = for_open},
    key_rule{.name = "think",
             .what = shape::duration,
             .meaning = "a worker rests this long between two requests",
             .fallback = "\"0s\"",
             .high = ten_years,
             .only_for = for_closed},
    key_rule{.name = "hold",
             .what = shape::duration,
             .meaning = "a connection is kept this long after the reply",
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
};
constexpr object_rule workload_rule{"a workload", workload_keys, "model", {}};

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
    key_rule{.name = "rate",
             .what = shape::per_second,
             .meaning = "of the open model: without it the workload's; \"0/s\" is an idle stage",
             .most = fastest_rate},
    key_rule{.name = "from",
             .what = shape::per_second,
             .meaning = "in the place of rate: the one that it begins with",
             .most = fastest_rate},
    key_rule{.name = "to",
             .what = shape::per_second,
             .meaning = "and the one that it ends with; between them it changes evenly",
             .most = fastest_rate},
};
constexpr object_rule stage_rule{"a stage", stage_keys, {}, {}};

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
             .fallback = "false"},
};
constexpr object_rule whole_rule{"a scenario", scenario_keys, {}, {}};

} // namespace

object_rule const& scenario_rule() noexcept { return whole_rule; }

} // namespace conecta::scenario
