#include "fault/schedule.hpp"

#include <algorithm>

namespace conecta::fault {

schedule::schedule(plan what)
    : plan_{std::move(what)},
      window_(plan_.size()),
      injected_{new std::atomic<std::uint64_t>[plan_.size()] {}} {
  scoped_lock const held{times_mutex_};
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    times_.push_back({.id = plan_[i].id, .opened = std::nullopt, .closed = std::nullopt});
  }
}

void schedule::begin(instant origin) { origin_ = origin; }

std::vector<schedule::change> schedule::advance(instant now) {
  std::vector<change> changes;
  if (!origin_) {
    return changes;
  }
  auto const at = now - *origin_;
  std::erase_if(active_, [&](std::size_t fault) {
    bool const over = plan_.window_at(fault, at) != window_[fault];
    if (over) {
      changes.push_back({fault, change::kind::closed});
    }
    return over;
  });
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    auto const window = plan_.window_at(i, at);
    if (window && std::ranges::find(active_, i) == active_.end()) {
      window_[i] = *window;
      active_.push_back(i);
      changes.push_back({i, change::kind::opened});
    }
  }
  return changes;
}

void schedule::record(std::vector<change> const& done, instant now) {
  scoped_lock const held{times_mutex_};
  for (auto const& each : done) {
    auto& times = times_[each.fault];
    if (each.what == change::kind::closed) {
      times.closed = now;
    } else {
      times.opened = times.opened.value_or(now);
      times.closed.reset();
    }
  }
}

void schedule::end(instant now) {
  std::vector<change> changes;
  for (auto const fault : active_) {
    changes.push_back({fault, change::kind::closed});
  }
  active_.clear();
  record(changes, now);
  origin_.reset();
}

instant schedule::next_change(instant now) const noexcept {
  if (!origin_) {
    return never;
  }
  auto const next = plan_.next_change(now - *origin_);
  return next ? saturating_add(*origin_, *next) : never;
}

bool schedule::covers(std::size_t fault, instant opened) const noexcept {
  return origin_ && plan_.covers(fault, opened - *origin_, window_[fault]);
}

bool schedule::hits_connection(std::size_t fault, std::uint64_t connection) const noexcept {
  return plan_.hits_connection(fault, connection, window_[fault]);
}

bool schedule::hits_window(std::size_t fault) const noexcept {
  return plan_.hits_window(fault, window_[fault]);
}

void schedule::extend(std::vector<fault_spec> added) {
  auto const before = plan_.size();
  auto all = plan_.faults();
  for (auto& each : added) {
    all.push_back(std::move(each));
  }
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts{new std::atomic<std::uint64_t>[all.size()]{}};
  for (std::size_t i = 0; i < before; ++i) {
    counts[i] = injected(i);
  }
  plan_ = plan_.with(std::move(all));
  window_.resize(plan_.size());
  scoped_lock const held{times_mutex_};
  injected_ = std::move(counts);
  for (auto i = before; i < plan_.size(); ++i) {
    times_.push_back({.id = plan_[i].id, .opened = std::nullopt, .closed = std::nullopt});
  }
}

void schedule::keep(std::vector<std::size_t> const& which) {
  std::vector<fault_spec> faults;
  std::vector<std::size_t> windows;
  std::vector<std::size_t> active;
  std::vector<window_times> times;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts{
      new std::atomic<std::uint64_t>[which.size()]{}};
  scoped_lock const held{times_mutex_};
  for (std::size_t i = 0; i < which.size(); ++i) {
    faults.push_back(plan_[which[i]]);
    windows.push_back(window_[which[i]]);
    times.push_back(times_[which[i]]);
    counts[i] = injected(which[i]);
  }
  for (auto const fault : active_) {
    auto const place = std::ranges::find(which, fault) - which.begin();
    active.push_back(static_cast<std::size_t>(place));
  }
  plan_ = plan_.with(std::move(faults));
  window_ = std::move(windows);
  active_ = std::move(active);
  times_ = std::move(times);
  injected_ = std::move(counts);
}

std::vector<schedule::change> schedule::close(std::size_t fault) {
  if (std::erase(active_, fault) == 0) {
    return {};
  }
  return {{fault, change::kind::closed}};
}

duration schedule::since_begin(instant now) const noexcept {
  return origin_ ? now - *origin_ : duration::zero();
}

void schedule::count(std::size_t fault) noexcept {
  injected_[fault].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t schedule::injected(std::size_t fault) const noexcept {
  return injected_[fault].load(std::memory_order_relaxed);
}

std::uint64_t schedule::injected(std::string_view id) const {
  scoped_lock const held{times_mutex_};
  auto const found = std::ranges::find(times_, id, &window_times::id);
  return found == times_.end() ? 0 : injected(static_cast<std::size_t>(found - times_.begin()));
}

std::vector<window_times> schedule::windows() const {
  scoped_lock const held{times_mutex_};
  return times_;
}

} // namespace conecta::fault
