#include "scenario/build_context.hpp"

#include "scenario/build_target.hpp"
#include "scenario/exchange.hpp"
#include "scenario/protocol_request.hpp"
#include "scenario/server_url.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array orders{std::pair{"lifo"sv, idle_order::lifo},
                            std::pair{"fifo"sv, idle_order::fifo}};
constexpr std::array when_down{std::pair{"wait"sv, while_down::wait},
                               std::pair{"fail_fast"sv, while_down::fail_fast}};
constexpr std::array acquire_checks{std::pair{"none"sv, acquire_check::none},
                                    std::pair{"if_idle_for"sv, acquire_check::if_idle_for},
                                    std::pair{"always"sv, acquire_check::always}};
constexpr std::array bad_checks{std::pair{"concerns_it_alone"sv, bad_check::concerns_it_alone},
                                std::pair{"makes_older_suspect"sv, bad_check::makes_older_suspect}};
constexpr std::array fairness_names{std::pair{"strict"sv, fairness::strict},
                                    std::pair{"barging"sv, fairness::barging}};

/// null is none; what is not given stays as it is.
template <class Value, class Read>
void assign_or_none(std::optional<Value>& to, located const& from, Read read) {
  if (from.is_null()) {
    to.reset();
  } else if (auto const value = read(from)) {
    to = static_cast<Value>(*value);
  }
}

void read_pool(located const& from, pool_options& pool) {
  assign(pool.name, read_text(from["name"]));
  assign(pool.max_size, read_whole(from["max_size"]));
  assign(pool.initial_size, read_whole(from["initial_size"]));
  assign(pool.min_idle, read_whole(from["min_idle"]));
  assign_or_none(pool.max_idle, from["max_idle"], read_whole);
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
  assign(pool.when_down, read_choice(from["when_down"], when_down));
  assign(pool.scan_interval, read_duration(from["scan_interval"]));
  assign(pool.check_retries, read_whole(from["check_retries"]));
  assign(pool.check_on_acquire, read_choice(from["check_on_acquire"], acquire_checks));
  assign(pool.check_if_idle_for, read_duration(from["check_if_idle_for"]));
  assign(pool.after_bad_check, read_choice(from["after_bad_check"], bad_checks));
  assign_or_none(pool.idle_timeout, from["idle_timeout"], read_duration);
  assign_or_none(pool.max_lifetime, from["max_lifetime"], read_duration);
  assign(pool.lifetime_jitter, read_real(from["lifetime_jitter"]));
  assign_or_none(pool.max_uses, from["max_uses"], read_whole);
  assign_or_none(pool.leak_threshold, from["leak_threshold"], read_duration);
  assign_or_none(pool.reclaim_after, from["reclaim_after"], read_duration);
  assign(pool.order, read_choice(from["order"], orders));
  assign(pool.fair, read_choice(from["fairness"], fairness_names));
  assign(pool.max_overtaken, read_whole(from["max_overtaken"]));
}

class endpoints_reader {
 public:
  explicit endpoints_reader(build_context& context) : context_{context} {}

  void run() {
    located const list = context_.root["endpoints"];
    context_.endpoints.complete = static_cast<bool>(list);
    pool_options shared;
    read_pool(context_.root["pool"], shared);
    check_pool(context_.root["pool"], shared);
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      endpoint_spec made;
      made.pool = shared;
      context_.enter(context_.endpoints, from["id"], index);
      assign(made.id, read_text(from["id"]));
      assign(made.weight, read_real(from["weight"]));
      server(from, made);
      if (located const own = from["pool"]) {
        read_pool(own, made.pool);
        if (violations_of(shared).empty()) {
          check_pool(own, made.pool);
        }
      }
      if (made.pool.name.empty()) {
        made.pool.name = made.id;
      }
      check(from, made);
      context_.made.endpoints.push_back(std::move(made));
    }
  }

 private:
  /// What no key alone shows to be wrong, named where `from` brings it about.
  void check_pool(located const& from, pool_options const& pool) {
    for (auto const& wrong : violations_of(pool)) {
      node const* const value = from->find(wrong.field);
      auto const other = wrong.field == "min_idle"      ? "max_size"
                         : wrong.field == "max_waiters" ? "max_idle"
                                                        : "";
      located const also = from[other];
      auto const reported = (value != nullptr && value->refused) || (also && also->refused);
      if (!from || reported) {
        continue;
      }
      located const at = value != nullptr ? from[wrong.field] : also ? also : from;
      auto const found = wrong.field == "min_idle"
                             ? " and max_size " + std::to_string(pool.max_size) +
                                   "; allowed: min_idle at most max_size"
                             : "; allowed: " + wrong.allowed;
      context_.refuse(at, "found " + wrong.field + " " + wrong.value + found);
    }
  }

  void server(located const& from, endpoint_spec& made) {
    context_.transport_known.push_back(false);
    if (located const url = from["url"]) {
      std::string error;
      if (auto parsed = read_url(url->text, error)) {
        made.kind = parsed->kind;
        made.url = std::move(parsed);
        context_.transport_known.back() = true;
      } else {
        context_.refuse(url, "found " + shown(*url) + ": " + error);
      }
      return;
    }
    auto target = read_target(from["target"], context_.problems);
    if (!target) {
      return;
    }
    context_.transport_known.back() = true;
    made.kind = transport_of(target->kind);
    made.target = std::move(target);
  }

  void check(located const& from, endpoint_spec& made) {
    located const own = from["check"];
    if (!own || !context_.transport_known.back()) {
      return;
    }
    std::array const here{static_cast<endpoint_spec const*>(&made)};
    if (!check_takes_bytes(own, here, context_.problems)) {
      return;
    }
    auto send = read_fixed_bytes(own["send"], context_.problems);
    transports const over{made.kind == net::transport::tcp, made.kind == net::transport::udp};
    auto reply = read_reply(own, over, send ? send->size() : 1, context_.problems);
    if (send && reply) {
      made.check =
          check_spec{*std::move(send), std::move(reply->framing), std::move(reply->expect)};
    }
  }

  build_context& context_;
};

} // namespace

void build_endpoints(build_context& context) { endpoints_reader{context}.run(); }

} // namespace conecta::scenario
