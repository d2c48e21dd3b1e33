#include "run/local_faults.hpp"

#include "run/pid_file.hpp"
#include "run/source_ports.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

namespace conecta::run {

using fault::fault_type;

local_means::local_means(scenario::scenario const& what) {
  std::size_t pauses = 0;
  for (auto const& each : what.faults) {
    if (fault::doer_of(each.type) == fault::done_by::signal) {
      static_cast<void>(process_in(each.pid_file));
      pauses += each.type == fault_type::pause ? 1 : 0;
    }
  }
  if (pauses > 0) {
    stopped.emplace(pauses);
  }
}

local_faults::local_faults(boost::asio::io_context& io, fault::plan faults, net::transport kind,
                           local_means& means)
    : schedule_{std::move(faults)}, kind_{kind}, means_{means}, next_change_{io} {}

local_faults::~local_faults() { end(); }

void local_faults::begin(instant origin) {
  schedule_.begin(origin);
  turn();
}

void local_faults::end() {
  for (auto const fault : schedule_.active()) {
    close(fault);
  }
  schedule_.end(std::chrono::steady_clock::now());
  next_change_.cancel();
}

void local_faults::turn() {
  auto const now = std::chrono::steady_clock::now();
  auto const changes = schedule_.advance(now);
  for (auto const& change : changes) {
    if (change.what == fault::schedule::change::kind::opened) {
      open(change.fault);
    } else {
      close(change.fault);
    }
  }
  schedule_.record(changes, now);
  auto const next = schedule_.next_change(now);
  if (next != never) {
    next_change_.expires_at(next);
    next_change_.async_wait([this](auto problem) {
      if (!problem) {
        turn();
      }
    });
  }
}

void local_faults::open(std::size_t fault) {
  auto const by = fault::doer_of(schedule_.what()[fault].type);
  if (by == fault::done_by::resolver || !schedule_.hits_window(fault)) {
    return;
  }
  try {
    do_it(fault);
    schedule_.count(fault);
  } catch (std::exception const& obstacle) {
    failures_.push_back({schedule_.what()[fault].id, obstacle.what()});
  }
}

void local_faults::do_it(std::size_t fault) {
  auto const& spec = schedule_.what()[fault];
  if (spec.type == fault_type::fd_limit) {
    means_.descriptors.lower(&spec, spec.left);
  } else if (spec.type == fault_type::port_range) {
    ports_[fault] = free_ports(spec.left, kind_);
  } else {
    send_signal(spec, fault);
  }
}

void local_faults::close(std::size_t fault) {
  means_.descriptors.restore(&schedule_.what()[fault]);
  ports_.erase(fault);
  if (auto const found = stopped_.find(fault); found != stopped_.end()) {
    means_.stopped->resume(found->second);
    stopped_.erase(found);
  }
}

void local_faults::send_signal(fault::fault_spec const& spec, std::size_t fault) {
  auto const process = process_in(spec.pid_file);
  if (spec.type == fault_type::pause) {
    means_.stopped->stop(process);
    stopped_.emplace(fault, process);
  } else if (::kill(process, SIGKILL) != 0) {
    throw std::system_error{errno, std::system_category(), "SIGKILL"};
  }
}

net::dial_rules::lookup local_faults::next_lookup() {
  auto const number = lookups_++;
  for (auto const fault : schedule_.active()) {
    auto const& spec = schedule_.what()[fault];
    if (spec.type != fault_type::name || !schedule_.hits_connection(fault, number)) {
      continue;
    }
    schedule_.count(fault);
    switch (spec.lookups) {
    case fault::resolution::missing:
      return no_such_name{};
    case fault::resolution::slow:
      return look_up_later{spec.delay};
    case fault::resolution::changed:
      return other_address{boost::asio::ip::make_address(spec.address)};
    }
  }
  return look_up_as_usual{};
}

std::optional<std::span<std::uint16_t const>> local_faults::next_ports() {
  if (ports_.empty()) {
    return std::nullopt;
  }
  auto const fewer = [](auto const& one, auto const& other) {
    return one.second.size() < other.second.size();
  };
  auto& left = std::ranges::min_element(ports_, fewer)->second;
  if (!left.empty()) { // the one that was tried first last time is the likeliest to be in use
    std::ranges::rotate(left, left.begin() + 1);
  }
  return left;
}

std::optional<std::uint64_t> local_faults::injected(std::string_view fault_id) const noexcept {
  auto const fault = schedule_.what().find(fault_id);
  return fault ? std::optional{schedule_.injected(*fault)} : std::nullopt;
}

} // namespace conecta::run
