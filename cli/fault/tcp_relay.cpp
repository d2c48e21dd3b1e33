#include "fault/link.hpp"
#include "fault/relay.hpp"
#include "wire/listener.hpp"

#include <unordered_map>

namespace conecta::fault {

namespace {

class tcp_relay final : public relay {
 public:
  explicit tcp_relay(relay_options options);
  ~tcp_relay() override { tcp_relay::stop(); }

  [[nodiscard]] wire::address address() const override { return listener_.where(); }
  void stop() override;

 private:
  void on_change(schedule::change const& change) override;
  void take(wire::descriptor client);
  void drop(link& which);
  void begin_reset(std::size_t fault);
  void turn_refusal(std::size_t fault, schedule::change::kind what);
  [[nodiscard]] bool resets_at_once(std::uint64_t connection);

  wire::address upstream_;
  link_context shared_;
  std::uint64_t next_number_ = 0;
  std::size_t refusals_ = 0; ///< windows that close the port
  std::unordered_map<link*, std::unique_ptr<link>> links_;
  wire::listener listener_;
};

tcp_relay::tcp_relay(relay_options options)
    : relay{std::move(options.faults)},
      upstream_{options.upstream},
      shared_{loop(), schedule_, [this](link& which) { drop(which); }, {}},
      listener_{loop(), options.listen, [this](wire::descriptor c) { take(std::move(c)); }} {
  run("relay-tcp");
}

void tcp_relay::stop() {
  relay::stop();
  listener_.close();
  links_.clear();
}

void tcp_relay::take(wire::descriptor client) {
  auto const number = next_number_++;
  if (resets_at_once(number)) {
    wire::close_with_reset(client);
    return;
  }
  auto made = std::make_unique<link>(shared_, number, std::move(client), upstream_);
  auto* const key = made.get();
  links_.emplace(key, std::move(made));
}

void tcp_relay::drop(link& which) {
  auto const found = links_.find(&which);
  loop().retire(std::move(found->second));
  links_.erase(found);
}

/// Whether a window catches a connection that is new at this moment.
bool tcp_relay::resets_at_once(std::uint64_t connection) {
  auto const& plan = schedule_.what();
  for (auto const fault : schedule_.active()) {
    auto const& spec = plan[fault];
    bool const catches_new = spec.type == fault_type::refuse ||
                             (spec.type == fault_type::reset && spec.after_bytes == 0);
    if (catches_new && schedule_.covers(fault, loop().now()) &&
        plan.hits_connection(fault, connection)) {
      schedule_.count(fault);
      return true;
    }
  }
  return false;
}

void tcp_relay::on_change(schedule::change const& change) {
  switch (schedule_.what()[change.fault].type) {
  case fault_type::reset:
    if (change.what == schedule::change::kind::opened) {
      begin_reset(change.fault);
    }
    break;
  case fault_type::refuse:
    turn_refusal(change.fault, change.what);
    break;
  case fault_type::latency:
  case fault_type::loss:
    break;
  }
}

void tcp_relay::begin_reset(std::size_t fault) {
  auto const& plan = schedule_.what();
  std::vector<link*> hit;
  for (auto const& [which, owned] : links_) {
    if (schedule_.covers(fault, which->opened()) && plan.hits_connection(fault, which->number())) {
      hit.push_back(which);
    }
  }
  for (auto* const which : hit) {
    if (plan[fault].after_bytes > 0) {
      which->count_replies_for(fault);
    } else {
      schedule_.count(fault);
      which->reset_client();
    }
  }
}

/// Connections that exist are left alone, so `existing` leaves nothing to refuse; the kernel
/// refuses all or none, so those that a probability picks are reset when they are accepted.
void tcp_relay::turn_refusal(std::size_t fault, schedule::change::kind what) {
  auto const& spec = schedule_.what()[fault];
  if (spec.probability < 1.0 || spec.applies_to == affected::opened_before) {
    return;
  }
  if (what == schedule::change::kind::opened) {
    schedule_.count(fault);
    ++refusals_;
    listener_.close();
  } else if (--refusals_ == 0) {
    listener_.open();
  }
}

} // namespace

std::unique_ptr<relay> start_tcp_relay(relay_options options) {
  return std::make_unique<tcp_relay>(std::move(options));
}

} // namespace conecta::fault
