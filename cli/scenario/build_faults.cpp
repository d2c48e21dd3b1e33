#include "scenario/build_faults.hpp"

#include "scenario/build_context.hpp"
#include "scenario/build_target.hpp"
#include "scenario/exchange.hpp"
#include "scenario/fault_table.hpp"
#include "scenario/key_tables.hpp"
#include "scenario/protocol_request.hpp"
#include "scenario/quantity.hpp"
#include "scenario/shape_check.hpp"
#include "scenario/wording.hpp"
#include "wire/address.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array affected{std::pair{"all"sv, fault::affected::all},
                              std::pair{"new"sv, fault::affected::opened_during},
                              std::pair{"existing"sv, fault::affected::opened_before}};
constexpr std::array directions{std::pair{"downstream"sv, fault::direction::downstream},
                                std::pair{"upstream"sv, fault::direction::upstream},
                                std::pair{"both"sv, fault::direction::both}};
constexpr std::array distributions{std::pair{"uniform"sv, fault::distribution::uniform},
                                   std::pair{"normal"sv, fault::distribution::normal},
                                   std::pair{"pareto"sv, fault::distribution::pareto}};

constexpr std::array resolutions{std::pair{"missing"sv, fault::resolution::missing},
                                 std::pair{"slow"sv, fault::resolution::slow},
                                 std::pair{"change"sv, fault::resolution::changed}};
constexpr std::array drawn{std::pair{"connection"sv, fault::drawn_per::connection},
                           std::pair{"request"sv, fault::drawn_per::request}};

std::optional<fault::fault_type> read_type(located const& from) {
  auto const text = read_text(from);
  for (auto const& row : fault_table()) {
    if (text == row.name()) {
      return row.type;
    }
  }
  return std::nullopt;
}

std::optional<fault::burst_model> read_burst(located const& from) {
  auto const p = read_real(from["p"]);
  auto const r = read_real(from["r"]);
  return p && r ? std::optional{fault::burst_model{*p, *r}} : std::nullopt;
}

std::optional<fault::repetition> read_repeat(located const& from) {
  auto const every = read_duration(from["every"]);
  auto const count = read_whole(from["count"]);
  return every && count ? std::optional{fault::repetition{*every, *count}} : std::nullopt;
}

/// Whether windows do not overlap.
bool check_overlap(located const& from, fault::fault_spec const& made, problem_list& problems) {
  located const every = from["repeat"]["every"];
  if (made.length <= made.repeat->every) {
    return true;
  }
  auto const lasts = made.length == fault::until_removed
                         ? std::string{"until it is removed; allowed: with \"for\""}
                         : format_duration(made.length) + "; allowed: at least that";
  problems.add(every->where, every.pointer,
               "found " + shown(*every) + ", and the window lasts " + lasts);
  return false;
}

/// Of a proxy, which has no end: the last window begins within ten years.
void check_count(located const& from, fault::repetition const& repeat, problem_list& problems) {
  auto const most = ten_years / static_cast<std::uint64_t>(repeat.every.count());
  if (repeat.count > most) {
    problems.add(from->where, from.pointer,
                 "found " + shown(*from) + "; allowed: at most " + std::to_string(most) +
                     ", which takes ten years");
  }
}

/// An extra_reply is a datagram of its own.
void check_length(located const& from, fault::fault_spec const& made, net::transport kind,
                  problem_list& problems) {
  if (made.type == fault::fault_type::extra_reply && kind == net::transport::udp) {
    check_datagram(from["send"], made.send, problems);
  }
}

/// Else what is asked for is not what arrives: no delay is negative. A normal distribution has no
/// end; of one of forty the delay is cut at 0.
void check_jitter(located const& from, fault::fault_spec const& made, problem_list& problems) {
  located const jitter = from["jitter"];
  if (!jitter || !from["delay"] || !from["distribution"]) {
    return; // not of this type, or refused already
  }
  bool const has_no_end = made.spread == fault::distribution::normal;
  if (made.jitter > (has_no_end ? made.delay / 2 : made.delay)) {
    problems.add(jitter->where, jitter.pointer,
                 "found " + shown(*jitter) + ", and the delay is " + format_duration(made.delay) +
                     "; allowed: at most " + (has_no_end ? "half of that" : "that"));
  }
}

class faults_reader {
 public:
  explicit faults_reader(build_context& context) : context_{context} {}

  void run() {
    located const list = context_.root["faults"];
    context_.faults.complete = list || context_.root->find("faults") == nullptr;
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      auto made = read_fault(from);
      context_.enter(context_.faults, from["id"], index);
      auto const type = read_type(from["type"]);
      auto const endpoint = context_.look_up(context_.endpoints, from["endpoint"], "endpoint");
      assign(made.endpoint, endpoint);
      known_.push_back(type && endpoint);
      if (type && endpoint && *endpoint < context_.transport_known.size() &&
          context_.transport_known[*endpoint]) {
        check_fits(from["type"], *type, context_.made.endpoints[*endpoint].kind,
                   "the endpoint " + shown(*from["endpoint"]), fitting_types::all,
                   context_.problems);
        check_length(from, made, context_.made.endpoints[*endpoint].kind, context_.problems);
        check_has(from, row_of(*type).needs, context_.made.endpoints[*endpoint]);
      }
      assign(made.start, moment(from["at"]));
      if (type == fault::fault_type::name) {
        check_mode(from, made);
      }
      check_repeat(from, made);
      check_jitter(from, made, context_.problems);
      context_.made.faults.push_back(std::move(made));
    }
    check_names(list);
  }

 private:
  /// The last window opens within the run.
  void check_repeat(located const& from, fault::fault_spec const& made) {
    if (!made.repeat || !check_overlap(from, made, context_.problems)) {
      return;
    }
    auto const left = context_.made.length() - made.start;
    if (!context_.stages.complete || made.at.empty() || left <= duration{}) {
      return;
    }
    auto const most = static_cast<std::size_t>((left - duration{1}) / made.repeat->every) + 1;
    if (made.repeat->count > most) {
      located const count = from["repeat"]["count"];
      context_.refuse(count, "found " + shown(*count) + ", and the run ends before the window " +
                                 std::to_string(most + 1) + "; allowed: at most " +
                                 std::to_string(most));
    }
  }

  void check_has(located const& from, fault_needs needs, endpoint_spec const& endpoint) {
    auto const but =
        "found " + shown(*from["type"]) + ", and the endpoint " + shown(*from["endpoint"]);
    if (needs == fault_needs::target) {
      if (!endpoint.target) {
        context_.refuse(from["type"],
                        but + " is not embedded; allowed: an endpoint with a \"target\"");
      } else if (from["code"]) {
        check_code(from, endpoint.target->kind);
      }
    } else if (needs == fault_needs::own_sockets) {
      if (takes_statements(endpoint)) {
        context_.refuse(from["type"], but + " is a database, whose client library chooses its "
                                            "ports; allowed: another endpoint");
      }
    } else if (needs != fault_needs::endpoint && !endpoint.url) {
      context_.refuse(from["type"], but + " is embedded; allowed: an endpoint with a \"url\"");
    } else if (needs == fault_needs::host_name && is_address(*endpoint.url)) {
      context_.refuse(from["type"], but + " has an address for its host, which nobody looks up; "
                                          "allowed: a \"url\" with the name of a host");
    }
  }

  void check_code(located const& from, target::target_kind kind) {
    auto const possible = errors_of(kind);
    if (transport_of(kind) == net::transport::udp) {
      return; // where it does not fit anyway
    }
    if (possible.empty()) {
      context_.refuse(from["type"], "found " + shown(*from["type"]) + ", and a " + name_of(kind) +
                                        " has no errors; allowed: a target of another kind");
    } else if (auto const code = read_text(from["code"]); code && !has_error(kind, *code)) {
      context_.refuse(from["code"], "found " + shown(*from["code"]) + "; allowed for " +
                                        name_of(kind) + ": " + std::string{possible});
    }
  }

  static bool is_address(net::endpoint_url const& url) {
    return url.host.find(':') != std::string::npos ||
           wire::address::numeric(url.host, url.port).has_value();
  }

  /// Each mode has its own key.
  void check_mode(located const& from, fault::fault_spec const& made) {
    check_key_of_mode(from, "delay", made.lookups == fault::resolution::slow, "slow", "\"200ms\"");
    check_key_of_mode(from, "address", made.lookups == fault::resolution::changed, "change",
                      "\"127.0.0.2\"");
    if (from["address"] && !made.address.empty() &&
        !wire::address::numeric(made.address, 1).has_value()) {
      context_.refuse(from["address"], "found " + shown(*from["address"]) +
                                           "; allowed: an address, such as \"127.0.0.2\" or "
                                           "\"::1\"");
    }
  }

  void check_key_of_mode(located const& from, std::string_view key, bool wanted,
                         std::string const& mode, std::string const& example) {
    bool const given = static_cast<bool>(from[key]);
    auto const* const found = from->find(key);
    bool const refused = found != nullptr && found->refused; // which was said
    if (wanted && !given && !refused) {
      context_.refuse(from["mode"], "found \"" + mode + "\", and there is no " + in_quotes(key) +
                                        "; allowed: with one, such as " + example);
    } else if (given && !wanted) {
      context_.refuse(from[key], "goes only with the mode \"" + mode + "\"");
    }
  }

  /// A relay looks the name up once, before the run: later lookups are of the relay's address.
  void check_names(located const& list) {
    auto const& faults = context_.made.faults;
    for (std::size_t index = 0; index < faults.size(); ++index) {
      auto const relayed = std::ranges::find_if(faults, [&](fault::fault_spec const& each) {
        return known_[static_cast<std::size_t>(&each - faults.data())] &&
               each.endpoint == faults[index].endpoint &&
               fault::doer_of(each.type) == fault::done_by::relay;
      });
      if (known_[index] && faults[index].type == fault::fault_type::name &&
          relayed != faults.end()) {
        located const from = list.item(index);
        context_.refuse(from["type"],
                        "found " + shown(*from["type"]) + ", and the endpoint " +
                            shown(*from["endpoint"]) + " has the fault " + in_quotes(relayed->id) +
                            ", whose relay looks the name up itself, once; allowed: either");
      }
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
      context_.refuse(from, "found " + shown(*from) + "; allowed: \"STAGE+OFFSET\", such as " +
                                example_moment());
      return std::nullopt;
    }
    std::string const stage = text->substr(0, plus);
    auto const offset = parse_duration(std::string_view{*text}.substr(plus + 1));
    if (auto const* failed = std::get_if<not_a_quantity>(&offset)) {
      context_.refuse(from, "found " + shown(*from) + ": " + failed->reason);
      return std::nullopt;
    }
    auto const found = context_.stages.places.find(stage);
    if (found == context_.stages.places.end()) {
      if (context_.stages.complete) {
        context_.refuse(from, "found " + shown(*from) + ", no such stage" +
                                  did_you_mean(stage, context_.stages.in_order) +
                                  "; allowed: " + listed(context_.stages.in_order));
      }
      return std::nullopt;
    }
    stage_spec const& within = context_.made.stages[found->second];
    if (within.length > duration{} && std::get<duration>(offset) >= within.length) {
      context_.refuse(from, "found " + shown(*from) + ", and the stage ends after " +
                                format_duration(within.length));
      return std::nullopt;
    }
    return within.start + std::get<duration>(offset);
  }

  [[nodiscard]] std::string example_moment() const {
    std::string const stage =
        context_.stages.in_order.empty() ? "steady" : std::string{context_.stages.in_order.back()};
    return in_quotes(stage + "+3s");
  }

  build_context& context_;
  std::vector<bool> known_; ///< of each fault: whether its type and its endpoint are
};

} // namespace

fault::fault_spec read_fault(located const& from) {
  fault::fault_spec made;
  assign(made.id, read_text(from["id"]));
  auto const type = read_type(from["type"]);
  assign(made.type, type);
  assign(made.at, read_text(from["at"]));
  assign(made.length, read_duration(from["for"]));
  assign(made.probability, read_real(from["probability"]));
  assign(made.applies_to, read_choice(from["applies_to"], affected));
  assign(made.towards, read_choice(from["direction"], directions));
  assign(made.delay, read_duration(from["delay"]));
  assign(made.jitter, read_duration(from["jitter"]));
  assign(made.spread, read_choice(from["distribution"], distributions));
  assign(made.after_bytes, read_size(from["after_bytes"]));
  assign(made.rate, read_byte_rate(from["rate"]));
  assign(made.queue, read_size(from["queue"]));
  assign(made.size, read_size(from["size"]));
  if (type == fault::fault_type::reorder) {
    assign(made.behind, read_whole(from["gap"]));
  } else {
    assign(made.gap, read_duration(from["gap"]));
  }
  assign(made.bits, read_whole(from["bits"]));
  assign(made.bytes, read_size(from["bytes"]));
  assign(made.send, read_text(from["send"]));
  assign(made.left, read_whole(from["n"]));
  assign(made.pid_file, read_text(from["pid_file"]));
  assign(made.lookups, read_choice(from["mode"], resolutions));
  assign(made.address, read_text(from["address"]));
  assign(made.per, read_choice(from["per"], drawn));
  made.burst = read_burst(from["burst"]);
  assign(made.after, read_duration(from["after"]));
  assign(made.connections, read_whole(from["n"]));
  assign(made.code, read_text(from["code"]));
  assign(made.down, read_duration(from["down"]));
  made.repeat = read_repeat(from["repeat"]);
  return made;
}

void check_fits(located const& named, fault::fault_type type, net::transport kind,
                std::string const& whose, fitting_types which, problem_list& problems) {
  bool const tcp = kind == net::transport::tcp;
  auto const fits = [tcp](fault_row const& row) { return tcp ? row.fits_tcp() : row.fits_udp(); };
  if (fits(row_of(type))) {
    return;
  }
  std::vector<std::string_view> fitting;
  for (auto const& row : fault_table()) {
    if (fits(row) && (which == fitting_types::all || row.is_relayed())) {
      fitting.push_back(row.name());
    }
  }
  problems.add(named->where, named.pointer,
               "found " + shown(*named) + ", and " + whose + " is " + (tcp ? "TCP" : "UDP") +
                   "; allowed: " + listed(fitting));
}

std::vector<fault::fault_spec> read_proxy_faults(located const& list, net::transport kind,
                                                 problem_list& problems) {
  std::vector<fault::fault_spec> made;
  std::set<std::string> ids;
  for (std::size_t index = 0; index < list.size(); ++index) {
    located const from = list.item(index);
    if (!from) {
      continue;
    }
    made.push_back(read_proxy_fault(from, kind, problems));
    if (from["id"] && !ids.insert(made.back().id).second) {
      problems.add(from["id"]->where, from["id"].pointer,
                   "found " + shown(*from["id"]) + " twice; each must be unique");
    }
  }
  return made;
}

fault::fault_spec read_proxy_fault(located const& from, net::transport kind,
                                   problem_list& problems) {
  auto made = read_fault(from);
  if (auto const type = read_type(from["type"])) {
    check_fits(from["type"], *type, kind, "the proxy", fitting_types::relayed, problems);
    check_length(from, made, kind, problems);
  }
  assign(made.start, read_duration(from["at"]));
  if (!read_duration(from["for"])) {
    made.length = fault::until_removed;
  }
  if (made.repeat && check_overlap(from, made, problems)) {
    check_count(from["repeat"]["count"], *made.repeat, problems);
  }
  check_jitter(from, made, problems);
  made.written = written(with_values(*from));
  return made;
}

void build_faults(build_context& context) { faults_reader{context}.run(); }

} // namespace conecta::scenario
