#include "run/service.hpp"

#include "net/url.hpp"
#include "protocol/client_session.hpp"
#include "protocol/session.hpp"
#include "run/runner.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace conecta::run {

namespace {

namespace asio = boost::asio;
using connection = net::connection;

net::endpoint_url url_of(std::string_view scheme, wire::address const& address) {
  return net::parse_url(std::string{scheme} + "://" + address.text()).value();
}

/// Who needs a name to log in gets one: an embedded server lets everybody in.
net::endpoint_url url_of(target::target_kind kind, wire::address const& address) {
  auto made = url_of(scheme_of(kind), address);
  made.user = protocol::has_client_library(made.speaks) ? "conecta" : "";
  return made;
}

std::vector<fault::fault_spec> done_here(std::vector<fault::fault_spec> faults) {
  std::erase_if(faults, [](auto const& each) {
    auto const by = fault::doer_of(each.type);
    return by == fault::done_by::relay || by == fault::done_by::target;
  });
  return faults;
}

/// An open that has begun; told of as failed unless it was told of as opened.
class under_way {
 public:
  explicit under_way(witness* watcher)
      : watcher_{watcher}, unwound_before_{std::uncaught_exceptions()} {
    if (watcher_ != nullptr) {
      watcher_->opening();
    }
  }
  under_way(under_way const&) = delete;
  under_way& operator=(under_way const&) = delete;
  ~under_way() {
    if (watcher_ != nullptr && std::uncaught_exceptions() > unwound_before_) {
      watcher_->open_failed();
    }
  }

 private:
  witness* watcher_;
  int unwound_before_;
};

/// A coroutine's parameters live in its frame; what a lambda captures does not.
asio::awaitable<connection> timed_open(asio_endpoint<connection> const& inner,
                                       service::latency_sink const& sink, witness* watcher,
                                       hook_context context) {
  auto const started = std::chrono::steady_clock::now();
  under_way const telling{watcher};
  auto opening = inner.open(context);
  connection opened = co_await std::move(opening);
  auto const ended = std::chrono::steady_clock::now();
  sink(ended - started);
  if (watcher != nullptr) {
    watcher->opened(opened.handle(), ended);
  }
  co_return opened;
}

asio::awaitable<bool> timed_check(asio_endpoint<connection> const& inner,
                                  service::latency_sink const& sink, witness* watcher,
                                  connection& over, unsigned failures, hook_context context) {
  auto const started = std::chrono::steady_clock::now();
  if (watcher != nullptr) {
    watcher->checking(over.handle());
  }
  auto checking = inner.check(over, failures, context);
  bool const good = co_await std::move(checking);
  sink(std::chrono::steady_clock::now() - started);
  if (watcher != nullptr) {
    watcher->checked(over.handle());
  }
  co_return good;
}

/// The endpoint, with those told who want to know.
asio_endpoint<connection> watched(asio_endpoint<connection> endpoint,
                                  service::latency_sink const& opened,
                                  service::latency_sink const& checked,
                                  net::udp_drain::farewell const& closing, witness* watcher) {
  auto const inner = std::make_shared<asio_endpoint<connection> const>(std::move(endpoint));
  asio_endpoint<connection> made;
  made.open = [inner, &opened, watcher](hook_context const& context) {
    return timed_open(*inner, opened, watcher, context);
  };
  made.check = [inner, &checked, watcher](connection& over, unsigned failures,
                                          hook_context const& context) {
    return timed_check(*inner, checked, watcher, over, failures, context);
  };
  made.look = inner->look;
  made.close = [inner, &closing, watcher](connection& over, hook_context const& context) {
    if (watcher != nullptr) {
      watcher->closing(over.handle());
    }
    if (over.usable()) { // others go to the drain, which tells of them later
      closing(over);
    }
    return inner->close(over, context);
  };
  return made;
}

} // namespace

service::service(asio::io_context& io, scenario::scenario const& what, std::size_t index,
                 local_means& means, std::unique_ptr<far_side> far)
    : io_{io},
      spec_{what.endpoints[index]},
      far_{std::move(far)},
      local_{io, fault::plan{done_here(what.faults), index, what.seed}, what.endpoints[index].kind,
             means},
      drain_{io.get_executor(), [this](connection const& over) { forget(over); }} {
  if (spec_.target) {
    connect_to_ = url_of(spec_.target->kind, *far_->server());
    shown_url_ = std::string{"target:"} + target::name_of(spec_.target->kind) + " " +
                 connect_to_.host_and_port();
  } else {
    connect_to_ = *spec_.url;
    shown_url_ = connect_to_.to_string();
  }
  session_with_ = connect_to_;
  if (far_ && far_->relay()) { // the rest of the URL is still what is spoken through it
    auto const relay = url_of(spec_.kind == net::transport::tcp ? "tcp" : "udp", *far_->relay());
    server_name_ = connect_to_.host;
    connect_to_.host = relay.host;
    connect_to_.port = relay.port;
    connect_to_.socket_path.clear();
  }
}

/// Before it is closed, so that its port is nobody else's yet.
void service::forget(connection const& over) {
  if (far_ && spec_.kind == net::transport::udp && over.handle() >= 0) {
    far_->forget(wire::local_address(over.handle()));
  }
}

service::~service() {
  if (pool_) {
    pool_->close();
  }
}

void service::begin(instant origin, latency_sink opened, latency_sink checked, witness* watcher,
                    sim::recording* writer) {
  watcher_ = watcher;
  opened_ = std::move(opened);
  closing_ = [this](connection const& over) { forget(over); };
  checked_ = std::move(checked);
  if (far_) {
    far_->begin(origin);
  }
  local_.begin(origin);
  net::endpoint_options options;
  options.address = connect_to_;
  options.opens = protocol::opener_of(connect_to_);
  options.rules = &local_;
  options.tls.server_name = server_name_;
  if (spec_.check) {
    options.asks = net::check_exchange{spec_.check->send, spec_.check->reply, spec_.check->expect};
  } else {
    options.asks = protocol::usual_check(session_with_);
  }
  if (session_with_.speaks != net::protocol::none) {
    options.introduces = [this](net::connection& over, instant deadline) {
      return protocol::begin_session(over, session_with_, deadline);
    };
  }
  auto endpoint = net::make_endpoint(io_.get_executor(), std::move(options), counters_, drain_);
  std::optional<sim::recording::listening> listening;
  if (writer != nullptr) {
    listening.emplace(*writer);
  }
  pool_ = std::make_unique<asio_pool<connection>>(
      io_.get_executor(), spec_.pool,
      watched(std::move(endpoint), opened_, checked_, closing_, watcher_));
}

lease<connection> service::take_idle() {
  if (pool_->stats().idle == 0) {
    return {};
  }
  if (auto lent = pool_->try_acquire()) {
    return std::move(*lent);
  }
  ++asked_in_vain_;
  return {};
}

pool_stats service::stats() const {
  if (!pool_) {
    return {};
  }
  auto now = pool_->stats();
  now.rejected -= asked_in_vain_;
  return now;
}

void service::close() noexcept {
  if (pool_) {
    pool_->close();
  }
}

bool service::closed_all() const {
  auto const now = stats();
  return now.idle + now.leased + now.opening + now.checking + now.resetting + now.closing == 0;
}

void service::finish() {
  local_.end();
  drain_.flush();
  if (far_) {
    far_->stop();
  }
}

wire_counts service::wire() const noexcept {
  return {counters_.connections_established, counters_.requests_sent, counters_.checks_sent,
          counters_.replies_received, counters_.datagrams_stale};
}

std::uint64_t service::injected(std::string_view fault) const {
  auto const here = local_.injected(fault);
  return here ? *here : far_ ? far_->injected(fault) : 0;
}

} // namespace conecta::run
