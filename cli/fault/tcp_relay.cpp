#include "fault/link.hpp"
#include "fault/relay.hpp"
#include "wire/listener.hpp"

#include <unordered_map>
#include <vector>

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
  void on_removed(std::size_t fault) override;
  void on_renumbered(std::span<std::size_t const> before) override;
  [[nodiscard]] std::vector<link*> all_links() const;
  void take(wire::descriptor client);
  void drop(link& which);
  void add(link& which, std::size_t fault);
  [[nodiscard]] bool is_about(std::size_t fault, link const& which) const;
  [[nodiscard]] bool shuts_port(std::size_t fault) const;
  void turn_port(std::size_t fault, schedule::change::kind what);

  link_context shared_;
  std::uint64_t next_number_ = 0;
  std::size_t refusals_ = 0; ///< windows that close the port
  std::size_t hangs_ = 0;    ///< windows that let nobody connect
  std::unordered_map<link*, std::unique_ptr<link>> links_;
  wire::listener listener_;
};

tcp_relay::tcp_relay(relay_options options)
    : relay{std::move(options.faults)},
      shared_{loop(),
              schedule_,
              options.upstream,
              traffic_,
              [this](link& which) { drop(which); },
              [this] { turn_away(); },
              {}},
      listener_{loop(), options.listen, [this](wire::descriptor c) { take(std::move(c)); }} {
  run("relay-tcp");
}

void tcp_relay::stop() {
  relay::stop();
  listener_.close();
  links_.clear();
}

void tcp_relay::take(wire::descriptor client) {
  auto made = std::make_unique<link>(shared_, next_number_, std::move(client));
  ++next_number_;
  ++traffic_.clients;
  ++traffic_.open;
  auto& taken = *made;
  links_.emplace(&taken, std::move(made));
  for (auto const fault : schedule_.active()) {
    add(taken, fault);
  }
  if (links_.contains(&taken)) {
    taken.start();
  }
}

void tcp_relay::drop(link& which) {
  auto const found = links_.find(&which);
  --traffic_.open;
  loop().retire(std::move(found->second));
  links_.erase(found);
}

void tcp_relay::add(link& which, std::size_t fault) {
  if (links_.contains(&which) && is_about(fault, which)) {
    if (auto made = make_effect(schedule_, fault)) {
      which.add(std::move(made));
    }
  }
}

bool tcp_relay::is_about(std::size_t fault, link const& which) const {
  auto const& spec = schedule_.what()[fault];
  return schedule_.covers(fault, which.opened()) &&
         (!is_drawn_per_connection(spec) || schedule_.hits_connection(fault, which.number()));
}

void tcp_relay::on_change(schedule::change const& change) {
  auto const& spec = schedule_.what()[change.fault];
  if (shuts_port(change.fault)) {
    turn_port(change.fault, change.what);
  }
  for (auto* const each : all_links()) { // some end meanwhile
    if (change.what == schedule::change::kind::opened && !meets_only_new(spec.type)) {
      add(*each, change.fault);
      if (links_.contains(each)) {
        each->start();
      }
    } else if (change.what == schedule::change::kind::closed) {
      each->remove(change.fault);
    }
  }
}

void tcp_relay::on_removed(std::size_t fault) {
  for (auto* const each : all_links()) {
    each->release(fault);
  }
}

std::vector<link*> tcp_relay::all_links() const {
  std::vector<link*> all;
  for (auto const& each : links_) {
    all.push_back(each.first);
  }
  return all;
}

void tcp_relay::on_renumbered(std::span<std::size_t const> before) {
  for (auto const& each : links_) {
    each.first->renumber(before);
  }
}

/// The kernel refuses all or none, and lets all connect or none: those that a probability picks are
/// ended when they are accepted, or wait. Connections that exist are left alone, so `existing`
/// leaves nothing to do.
bool tcp_relay::shuts_port(std::size_t fault) const {
  auto const& spec = schedule_.what()[fault];
  if (spec.probability < 1.0 || spec.applies_to == affected::opened_before) {
    return false;
  }
  return spec.type == fault_type::refuse || spec.type == fault_type::backlog_full ||
         (spec.type == fault_type::blackhole && spec.towards == direction::both);
}

void tcp_relay::turn_port(std::size_t fault, schedule::change::kind what) {
  auto const type = schedule_.what()[fault].type;
  auto& windows = type == fault_type::refuse ? refusals_ : hangs_;
  if (what == schedule::change::kind::opened) {
    schedule_.count(fault);
    ++windows;
  } else {
    --windows;
  }
  if (refusals_ > 0) {
    listener_.close();
  } else if (hangs_ > 0) {
    listener_.hang();
  } else {
    listener_.open();
  }
}

} // namespace

std::unique_ptr<relay> start_tcp_relay(relay_options options) {
  return std::make_unique<tcp_relay>(std::move(options));
}

} // namespace conecta::fault
