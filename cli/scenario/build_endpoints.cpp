#include "scenario/build_context.hpp"

#include "scenario/exchange.hpp"
#include "scenario/server_url.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array orders{std::pair{"lifo"sv, idle_order::lifo},
                            std::pair{"fifo"sv, idle_order::fifo}};
constexpr std::array kinds{std::pair{"tcp-echo"sv, target::target_kind::tcp_echo},
                           std::pair{"udp-echo"sv, target::target_kind::udp_echo}};

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
        if (own["min_idle"] || own["max_size"]) {
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
  void check_pool(located const& from, pool_options const& pool) {
    auto const refused = [&](std::string_view key) {
      node const* const value = from->find(key);
      return value != nullptr && value->refused;
    };
    if (!from || refused("min_idle") || refused("max_size") || pool.min_idle <= pool.max_size) {
      return;
    }
    located const at = from["min_idle"] ? from["min_idle"] : from["max_size"];
    context_.refuse(at ? at : from, "found min_idle " + std::to_string(pool.min_idle) +
                                        " and max_size " + std::to_string(pool.max_size) +
                                        "; allowed: min_idle at most max_size");
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
    located const from_target = from["target"];
    auto const kind = read_choice(from_target["kind"], kinds);
    if (!kind) {
      return;
    }
    context_.transport_known.back() = true;
    made.kind = *kind == target::target_kind::tcp_echo ? net::scheme::tcp : net::scheme::udp;
    target::target_options options;
    options.kind = *kind;
    if (auto const bytes = read_size(from_target["frame"]["bytes"])) {
      options.frame = target::byte_frames{*bytes};
    }
    if (from_target["reply"]) {
      options.reply = read_fixed_bytes(from_target["reply"], context_.problems);
    }
    assign(options.reply_delay, read_duration(from_target["reply_delay"]));
    options.max_connections = read_size(from_target["max_connections"]);
    options.idle_disconnect = read_duration(from_target["idle_disconnect"]);
    options.close_after = read_size(from_target["close_after"]);
    made.target = std::move(options);
  }

  void check(located const& from, endpoint_spec& made) {
    located const own = from["check"];
    if (!own || !context_.transport_known.back()) {
      return;
    }
    auto send = read_fixed_bytes(own["send"], context_.problems);
    transports const over{made.kind == net::scheme::tcp, made.kind == net::scheme::udp};
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
