#include "run/far_side.hpp"

#include "fault/relay.hpp"
#include "fault/upstream.hpp"
#include "net/udp_drain.hpp"
#include "run/runner.hpp"
#include "target/server.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace conecta::run {

namespace {

bool is_relayed(scenario::scenario const& what, std::size_t endpoint) {
  return std::ranges::any_of(what.faults, [&](fault::fault_spec const& each) {
    return each.endpoint == endpoint && fault::doer_of(each.type) == fault::done_by::relay;
  });
}

std::vector<fault::fault_spec> done_by(fault::done_by who, std::vector<fault::fault_spec> faults) {
  std::erase_if(faults,
                [who](fault::fault_spec const& each) { return fault::doer_of(each.type) != who; });
  return faults;
}

class near_by final : public far_side {
 public:
  near_by(scenario::scenario const& what, std::size_t endpoint) {
    auto const& spec = what.endpoints[endpoint];
    if (spec.target) {
      auto own = done_by(fault::done_by::target, what.faults);
      server_ = target::start(*spec.target, wire::address::loopback(),
                              fault::plan{own, endpoint, what.seed});
    }
    if (!is_relayed(what, endpoint)) {
      return;
    }
    fault::relay_options options{
        server_ ? server_->address() : fault::resolve(*spec.url),
        fault::plan{done_by(fault::done_by::relay, what.faults), endpoint, what.seed},
        wire::address::loopback(), spec.pool.max_size + net::udp_drain::most_sockets};
    relay_ = spec.kind == net::transport::tcp ? fault::start_tcp_relay(std::move(options))
                                              : fault::start_udp_relay(std::move(options));
  }

  std::optional<wire::address> server() const override {
    return server_ ? std::optional{server_->address()} : std::nullopt;
  }
  std::optional<wire::address> relay() const override {
    return relay_ ? std::optional{relay_->address()} : std::nullopt;
  }
  void begin(instant origin) override {
    if (server_) {
      server_->begin(origin);
    }
    if (relay_) {
      relay_->begin(origin);
    }
  }
  void forget(wire::address const& client) override {
    if (relay_) {
      relay_->forget(client);
    }
  }
  void stop() override {
    if (relay_) {
      relay_->stop();
      auto const passed = relay_->counts();
      tally_ = {relay_->turned_away(), passed.reached, passed.unreachable, passed.first_obstacle};
    }
    if (server_) {
      server_->stop();
    }
  }
  std::uint64_t injected(std::string_view fault_id) const override {
    return (relay_ ? relay_->injected(fault_id) : 0) + (server_ ? server_->injected(fault_id) : 0);
  }
  relay_tally relayed() const override { return tally_; }

 private:
  std::unique_ptr<target::server> server_;
  std::unique_ptr<fault::relay> relay_;
  relay_tally tally_;
};

} // namespace

bool has_far_side(scenario::scenario const& what, std::size_t endpoint) {
  return what.endpoints[endpoint].target.has_value() || is_relayed(what, endpoint);
}

std::unique_ptr<far_side> start_far_side(scenario::scenario const& what, std::size_t endpoint) {
  return has_far_side(what, endpoint) ? std::make_unique<near_by>(what, endpoint) : nullptr;
}

} // namespace conecta::run
