#include "scenario/build.hpp"

#include "run/metric.hpp"
#include "scenario/exchange.hpp"
#include "scenario/quantity.hpp"
#include "scenario/reading.hpp"
#include "scenario/server_url.hpp"
#include "scenario/shape_check.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array orders{std::pair{"lifo"sv, idle_order::lifo},
                            std::pair{"fifo"sv, idle_order::fifo}};
constexpr std::array kinds{std::pair{"tcp-echo"sv, target::target_kind::tcp_echo},
                           std::pair{"udp-echo"sv, target::target_kind::udp_echo}};
constexpr std::array fault_types{std::pair{"latency"sv, fault::fault_type::latency},
                                 std::pair{"reset"sv, fault::fault_type::reset},
                                 std::pair{"refuse"sv, fault::fault_type::refuse},
                                 std::pair{"loss"sv, fault::fault_type::loss}};
constexpr std::array affected{std::pair{"all"sv, fault::affected::all},
                              std::pair{"new"sv, fault::affected::opened_during},
                              std::pair{"existing"sv, fault::affected::opened_before}};
constexpr std::array directions{std::pair{"downstream"sv, fault::direction::downstream},
                                std::pair{"upstream"sv, fault::direction::upstream},
                                std::pair{"both"sv, fault::direction::both}};
constexpr std::array distributions{std::pair{"uniform"sv, fault::distribution::uniform},
                                   std::pair{"normal"sv, fault::distribution::normal},
                                   std::pair{"pareto"sv, fault::distribution::pareto}};
constexpr std::array bounds{std::pair{"max"sv, run::bound::max},
                            std::pair{"min"sv, run::bound::min},
                            std::pair{"equals"sv, run::bound::equals}};

void read_pool(located const& from, pool_options& pool) {
  assign(pool.name, read_text(from["name"]));
  assign(pool.max_size, read_whole(from["max_size"]));
  assign(pool.min_idle, read_whole(from["min_idle"]));
  assign(pool.max_waiters, read_whole(from["max_waiters"]));
  assign(pool.acquire_timeout, read_duration(from["acquire_timeout"]));
  assign(pool.open_timeout, read_duration(from["open_timeout"]));
  assign(pool.check_timeout, read_duration(from["check_timeout"]));
  assign(pool.reset_timeout, read_duration(from["reset_timeout"]));
  assign(pool.close_timeout, read_duration(from["close_timeout"]));
  assign(pool.open_concurrency, read_whole(from["open_concurrency"]));
  assign(pool.check_concurrency, read_whole(from["check_concurrency"]));
  assign(pool.backoff.initial, read_duration(from["backoff"]["initial"]));
  assign(pool.backoff.limit, read_duration(from["backoff"]["limit"]));
  assign(pool.backoff.jitter, read_real(from["backoff"]["jitter"]));
  assign(pool.scan_interval, read_duration(from["scan_interval"]));
  assign(pool.check_retries, read_whole(from["check_retries"]));
  assign(pool.lifetime_jitter, read_real(from["lifetime_jitter"]));
  assign(pool.order, read_choice(from["order"], orders));
  for (auto const& [key, option] : {std::pair{"idle_timeout"sv, &pool.idle_timeout},
                                    std::pair{"max_lifetime"sv, &pool.max_lifetime}}) {
    if (from[key].is_null()) {
      option->reset();
    } else if (auto const value = read_duration(from[key])) {
      *option = value;
    }
  }
}

class builder {
 public:
  builder(node const& tree, problem_list& problems)
      : root_{tree.refused ? nullptr : &tree, {}}, problems_{problems} {}

  scenario build() {
    assign(made_.name, read_text(root_["name"]));
    assign(made_.seed, read_whole(root_["seed"]));
    endpoints();
    stages();
    requests();
    faults();
    thresholds();
    return std::move(made_);
  }

 private:
  // The names of one kind of thing: unique, and found again by those that refer to them. Of things
  // with a mistake the index may be of a half-read one, which nobody uses.
  struct name_index {
    std::map<std::string, std::size_t, std::less<>> places;
    std::vector<std::string_view> in_order;
    bool complete = true;
  };

  void refuse(located const& at, std::string text) {
    problems_.add(at->where, at.pointer, std::move(text));
  }

  void enter(name_index& names, located const& name, std::size_t index) {
    auto text = read_text(name);
    if (!text) {
      names.complete = false;
      return;
    }
    auto const [place, fresh] = names.places.emplace(*std::move(text), index);
    if (fresh) {
      names.in_order.push_back(place->first);
    } else {
      refuse(name, "found " + shown(*name) + " twice; each must be unique");
    }
  }

  std::optional<std::size_t> look_up(name_index const& names, located const& name,
                                     std::string_view noun) {
    auto const text = read_text(name);
    if (!text) {
      return std::nullopt;
    }
    if (auto const found = names.places.find(*text); found != names.places.end()) {
      return found->second;
    }
    // A list with a mistake in it may well have held this name.
    if (names.complete) {
      refuse(name,
             "found " + shown(*name) + ", no such " + std::string{noun} +
                 did_you_mean(*text, names.in_order) + "; allowed: " +
                 (names.in_order.empty() ? "nothing, there is none" : listed(names.in_order)));
    }
    return std::nullopt;
  }

  // -- endpoints

  void endpoints() {
    located const list = root_["endpoints"];
    endpoint_names_.complete = static_cast<bool>(list);
    pool_options shared;
    read_pool(root_["pool"], shared);
    check_pool(root_["pool"], shared);
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      endpoint_spec made;
      made.pool = shared;
      enter(endpoint_names_, from["id"], index);
      assign(made.id, read_text(from["id"]));
      assign(made.weight, read_real(from["weight"]));
      server(from, made);
      if (located const own = from["pool"]) {
        read_pool(own, made.pool);
        if (own["min_idle"] || own["max_size"]) {
          check_pool(own, made.pool);
        }
      }
      if (made.pool.name.empty()) {
        made.pool.name = made.id;
      }
      check(from, made);
      made_.endpoints.push_back(std::move(made));
    }
  }

  void check_pool(located const& from, pool_options const& pool) {
    auto const refused = [&](std::string_view key) {
      node const* const value = from->find(key);
      return value != nullptr && value->refused;
    };
    if (!from || refused("min_idle") || refused("max_size") || pool.min_idle <= pool.max_size) {
      return;
    }
    located const at = from["min_idle"] ? from["min_idle"] : from["max_size"];
    refuse(at ? at : from, "found min_idle " + std::to_string(pool.min_idle) + " and max_size " +
                               std::to_string(pool.max_size) +
                               "; allowed: min_idle at most max_size");
  }

  void server(located const& from, endpoint_spec& made) {
    transport_known_.push_back(false);
    if (located const url = from["url"]) {
      std::string error;
      if (auto const kind = transport_of_url(*read_text(url), error)) {
        made.kind = *kind;
        made.url = url->text;
        transport_known_.back() = true;
      } else {
        refuse(url, "found " + shown(*url) + ": " + error);
      }
      return;
    }
    located const from_target = from["target"];
    auto const kind = read_choice(from_target["kind"], kinds);
    if (!kind) {
      return;
    }
    transport_known_.back() = true;
    made.kind = *kind == target::target_kind::tcp_echo ? transport::tcp : transport::udp;
    target::target_options options;
    options.kind = *kind;
    if (auto const bytes = read_size(from_target["frame"]["bytes"])) {
      options.frame = target::byte_frames{*bytes};
    }
    if (from_target["reply"]) {
      options.reply = read_fixed_bytes(from_target["reply"], problems_);
    }
    assign(options.reply_delay, read_duration(from_target["reply_delay"]));
    options.max_connections = read_size(from_target["max_connections"]);
    options.idle_disconnect = read_duration(from_target["idle_disconnect"]);
    options.close_after = read_size(from_target["close_after"]);
    made.target = std::move(options);
  }

  void check(located const& from, endpoint_spec& made) {
    located const own = from["check"];
    if (!own || !transport_known_.back()) {
      return;
    }
    auto send = read_fixed_bytes(own["send"], problems_);
    transports const over{made.kind == transport::tcp, made.kind == transport::udp};
    auto reply = read_reply(own, over, send ? send->size() : 1, problems_);
    if (send && reply) {
      made.check =
          check_spec{*std::move(send), std::move(reply->framing), std::move(reply->expect)};
    }
  }

  // -- load

  void stages() {
    located const list = root_["stages"];
    stage_names_.complete = static_cast<bool>(list);
    duration start{};
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      stage_spec made;
      enter(stage_names_, from["name"], index);
      assign(made.name, read_text(from["name"]));
      assign(made.length, read_duration(from["duration"]));
      assign(made.workers, read_whole(from["workers"]));
      if (read_boolean(from["record"]) == false) {
        made.record = stage_spec::recording::left_out;
      }
      made.start = start;
      start += made.length;
      made_.stages.push_back(std::move(made));
    }
  }

  void requests() {
    located const from = root_["workload"];
    assign(made_.workload.workers, read_whole(from["workers"]));
    assign(made_.workload.think, read_duration(from["think"]));
    assign(made_.workload.hold, read_duration(from["hold"]));
    assign(made_.workload.request_timeout, read_duration(from["request_timeout"]));
    located const list = from["requests"];
    std::vector<bool> asked(made_.endpoints.size(), false);
    bool complete = static_cast<bool>(list);
    name_index names;
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const request = list.item(index);
      complete = complete && request;
      enter(names, request["name"], index);
      complete = one_request(request, asked) && complete;
    }
    for (std::size_t index = 0; complete && index < asked.size(); ++index) {
      if (located const endpoint = root_["endpoints"].item(index); endpoint && !asked[index]) {
        refuse(endpoint, "no request goes to this endpoint; list it in the \"endpoints\" of one");
      }
    }
  }

  // False where it is not known which endpoints it goes to.
  bool one_request(located const& from, std::vector<bool>& asked) {
    if (!from) {
      return false;
    }
    workload::request_spec made;
    assign(made.name, read_text(from["name"]));
    bool known = true;
    if (located const list = from["endpoints"]) {
      for (std::size_t index = 0; index < list.size(); ++index) {
        auto const found = look_up(endpoint_names_, list.item(index), "endpoint");
        known = known && found;
        if (found && std::find(made.endpoints.begin(), made.endpoints.end(), *found) !=
                         made.endpoints.end()) {
          refuse(list.item(index), "found " + shown(*list.item(index)) + " twice");
        } else if (found) {
          made.endpoints.push_back(*found);
        }
      }
    } else if (from->find("endpoints") != nullptr) {
      known = false;
    } else {
      for (std::size_t index = 0; index < made_.endpoints.size(); ++index) {
        made.endpoints.push_back(index);
      }
    }
    transports over;
    for (std::size_t const index : made.endpoints) {
      asked[index] = true;
      if (transport_known_[index]) {
        (made_.endpoints[index].kind == transport::tcp ? over.tcp : over.udp) = true;
      }
    }
    auto send = read_payload(from["send"], problems_);
    std::size_t const sent = send ? workload::largest_size(*send) : 1;
    if (auto reply = read_reply(from, over, sent, problems_)) {
      made.reply = std::move(reply->framing);
      made.expect = std::move(reply->expect);
    }
    assign(made.send, std::move(send));
    made_.workload.requests.push_back(std::move(made));
    return known;
  }

  // -- faults and thresholds

  void faults() {
    located const list = root_["faults"];
    fault_names_.complete = list || root_->find("faults") == nullptr;
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      fault::fault_spec made;
      enter(fault_names_, from["id"], index);
      assign(made.id, read_text(from["id"]));
      auto const type = read_choice(from["type"], fault_types);
      assign(made.type, type);
      auto const endpoint = look_up(endpoint_names_, from["endpoint"], "endpoint");
      assign(made.endpoint, endpoint);
      if (type && endpoint && *endpoint < transport_known_.size() && transport_known_[*endpoint]) {
        check_fits(from, *type, made_.endpoints[*endpoint].kind);
      }
      assign(made.at, read_text(from["at"]));
      assign(made.start, moment(from["at"]));
      assign(made.length, read_duration(from["for"]));
      assign(made.probability, read_real(from["probability"]));
      assign(made.applies_to, read_choice(from["applies_to"], affected));
      assign(made.towards, read_choice(from["direction"], directions));
      assign(made.delay, read_duration(from["delay"]));
      assign(made.jitter, read_duration(from["jitter"]));
      assign(made.spread, read_choice(from["distribution"], distributions));
      assign(made.after_bytes, read_size(from["after_bytes"]));
      made_.faults.push_back(std::move(made));
    }
  }

  void check_fits(located const& from, fault::fault_type type, transport kind) {
    bool const only_udp = type == fault::fault_type::loss;
    bool const only_tcp = type == fault::fault_type::reset || type == fault::fault_type::refuse;
    if ((only_udp && kind != transport::udp) || (only_tcp && kind != transport::tcp)) {
      refuse(from["type"], "found " + shown(*from["type"]) + ", and the endpoint " +
                               shown(*from["endpoint"]) + " is " +
                               (kind == transport::tcp ? "TCP" : "UDP") + "; allowed: " +
                               (kind == transport::tcp ? "\"latency\", \"reset\", \"refuse\""
                                                       : "\"latency\", \"loss\""));
    }
    if (type == fault::fault_type::refuse &&
        read_choice(from["applies_to"], affected) == fault::affected::opened_before) {
      refuse(from["applies_to"], "found \"existing\", and only new connections can be refused");
    }
  }

  // "STAGE+OFFSET" as a time since the start of the run.
  std::optional<duration> moment(located const& from) {
    auto const text = read_text(from);
    if (!text) {
      return std::nullopt;
    }
    std::size_t const plus = text->rfind('+');
    if (plus == std::string::npos || plus == 0) {
      refuse(from,
             "found " + shown(*from) + "; allowed: \"STAGE+OFFSET\", such as " + example_moment());
      return std::nullopt;
    }
    std::string const stage = text->substr(0, plus);
    auto const offset = parse_duration(std::string_view{*text}.substr(plus + 1));
    if (auto const* failed = std::get_if<not_a_quantity>(&offset)) {
      refuse(from, "found " + shown(*from) + ": " + failed->reason);
      return std::nullopt;
    }
    auto const found = stage_names_.places.find(stage);
    if (found == stage_names_.places.end()) {
      if (stage_names_.complete) {
        refuse(from, "found " + shown(*from) + ", no such stage" +
                         did_you_mean(stage, stage_names_.in_order) +
                         "; allowed: " + listed(stage_names_.in_order));
      }
      return std::nullopt;
    }
    stage_spec const& within = made_.stages[found->second];
    if (within.length > duration{} && std::get<duration>(offset) >= within.length) {
      refuse(from, "found " + shown(*from) + ", and the stage ends after " +
                       format_duration(within.length));
      return std::nullopt;
    }
    return within.start + std::get<duration>(offset);
  }

  [[nodiscard]] std::string example_moment() const {
    std::string const stage =
        stage_names_.in_order.empty() ? "steady" : std::string{stage_names_.in_order.back()};
    return in_quotes(stage + "+3s");
  }

  void thresholds() {
    located const list = root_["thresholds"];
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      run::threshold made;
      static_cast<void>(look_up(stage_names_, from["stage"], "stage"));
      static_cast<void>(look_up(endpoint_names_, from["endpoint"], "endpoint"));
      static_cast<void>(look_up(fault_names_, from["fault"], "fault"));
      made.stage = read_text(from["stage"]);
      made.endpoint = read_text(from["endpoint"]);
      made.fault = read_text(from["fault"]);
      made.min_samples = read_whole(from["min_samples"]);
      if (auto const unit = metric(from, made)) {
        for (auto const& [key, kind] : bounds) {
          if (located const limit = from[key]) {
            made.kind = kind;
            assign(made.limit, read_limit(limit, *unit));
          }
        }
      }
      made_.thresholds.push_back(std::move(made));
    }
  }

  std::optional<run::metric_unit> metric(located const& from, run::threshold& made) {
    located const name = from["metric"];
    auto const text = read_text(name);
    if (!text) {
      return std::nullopt;
    }
    made.metric = *text;
    auto const unit = run::unit_of_metric(*text);
    if (!unit) {
      std::vector<std::string_view> const known{run::all_metrics().begin(),
                                                run::all_metrics().end()};
      refuse(name, "found " + shown(*name) + ", no such metric" + did_you_mean(*text, known) +
                       "; allowed: a path such as \"wait.p99\", \"requests.error_ratio\" or "
                       "\"pool.closed_by.idle\"");
    } else if (run::needs_fault(*text) && from->find("fault") == nullptr) {
      refuse(name, "found " + shown(*name) + ", which is of a fault; add \"fault\": its id");
    }
    return unit;
  }

  std::optional<double> read_limit(located const& from, run::metric_unit unit) {
    switch (unit) {
    case run::metric_unit::duration:
      if (auto const value = read_duration(from)) {
        return static_cast<double>(value->count());
      }
      refuse(from, "found " + shown(*from) +
                       ", and the metric is a duration; allowed: a text such as \"5ms\"");
      return std::nullopt;
    case run::metric_unit::count:
      if (auto const value = read_whole(from)) {
        return static_cast<double>(*value);
      }
      refuse(from,
             "found " + shown(*from) + ", and the metric is a count; allowed: a whole number");
      return std::nullopt;
    case run::metric_unit::ratio:
      if (auto const value = read_real(from); value && *value <= 1) {
        return value;
      }
      refuse(from, "found " + shown(*from) +
                       ", and the metric is a ratio; allowed: a number from 0 to 1");
      return std::nullopt;
    case run::metric_unit::per_second:
      if (auto const value = read_rate(from)) {
        return value;
      }
      refuse(from, "found " + shown(*from) +
                       ", and the metric is a rate; allowed: a text such as \"5000/s\"");
      return std::nullopt;
    }
    return std::nullopt;
  }

  static std::optional<double> read_rate(located const& from) {
    auto const text = read_text(from);
    if (!text) {
      return read_real(from);
    }
    if (!text->ends_with("/s")) {
      return std::nullopt;
    }
    // The number before the unit is one of JSON's.
    problem_list mistakes;
    auto const number =
        parse_located(std::string_view{*text}.substr(0, text->size() - 2), mistakes);
    if (!number || number->kind != value_kind::number || number->real < 0) {
      return std::nullopt;
    }
    return number->real;
  }

  located root_;
  problem_list& problems_;
  scenario made_;
  name_index endpoint_names_;
  name_index stage_names_;
  name_index fault_names_;
  std::vector<bool> transport_known_; ///< of each endpoint
};

void add_missing(node& object, std::string_view key, node value) {
  if (object.kind == value_kind::object && object.find(key) == nullptr) {
    value.where = object.where;
    object.members.push_back({std::string{key}, object.where, std::move(value)});
  }
}

} // namespace

scenario build(node const& tree, problem_list& problems) { return builder{tree, problems}.build(); }

void derive_defaults(node& tree) {
  node const* const pool = tree.find("pool");
  node* const workload = tree.find("workload");
  node const* const max_size = pool != nullptr ? pool->find("max_size") : nullptr;
  if (workload == nullptr || max_size == nullptr) {
    return;
  }
  add_missing(*workload, "workers", *max_size);
  node const* const workers = workload->find("workers");
  if (node* const stages = tree.find("stages"); stages != nullptr && workers != nullptr) {
    node const copy = *workers;
    for (node& stage : stages->items) {
      add_missing(stage, "workers", copy);
    }
  }
  if (node* const requests = workload->find("requests")) {
    for (std::size_t index = 0; index < requests->items.size(); ++index) {
      add_missing(requests->items[index], "name",
                  string_node("request-" + std::to_string(index + 1), {}));
    }
  }
}

} // namespace conecta::scenario
