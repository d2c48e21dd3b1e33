// Bytes that do not arrive before the window ends, and connections that are made late.

#include "fault/effect.hpp"

#include <algorithm>
#include <optional>

namespace conecta::fault {

namespace {

class stall final : public effect {
 public:
  using effect::effect;

  void on_chunk(passage const& at, chunk&) override {
    if (!at.is_down() || from_ || at.request == drawn_) {
      return;
    }
    drawn_ = at.request;
    if (what().hits_request(fault(), at.point.connection, at.request)) {
      // Of a reply that was under way when the window opened, the rest stops.
      from_ = std::max(at.reply_from + spec().after_bytes, at.taken);
      count();
    }
  }
  std::size_t allowance(passage const& at, std::size_t ready, instant) override {
    if (!at.is_down() || !from_) {
      return ready;
    }
    return *from_ > at.sent ? std::min<std::size_t>(ready, *from_ - at.sent) : 0;
  }
  bool holds_end(passage const& at) const override {
    return at.is_down() && from_ && at.sent >= *from_;
  }

 private:
  std::optional<std::uint64_t> drawn_; ///< the request that was drawn last
  std::optional<std::uint64_t> from_;  ///< this byte and those behind it wait
};

/// The kernel acknowledges what the client sends until its buffers are full, so that keep-alive
/// does not notice.
class blackhole final : public effect {
 public:
  using effect::effect;

  ending begin() override {
    count();
    return ending::none;
  }
  bool blocks(direction towards) const override { return is_about(towards); }
};

/// The kernel lets nobody or everybody connect; those that a probability picks are accepted, and
/// then nothing happens.
class backlog_full final : public effect {
 public:
  using effect::effect;

  ending begin() override {
    if (spec().probability < 1.0) {
      count();
    }
    return ending::none;
  }
  bool blocks(direction) const override { return true; }
};

class connect_delay final : public effect {
 public:
  using effect::effect;

  duration connects_later() override {
    count();
    return spec().delay;
  }
};

} // namespace

std::unique_ptr<effect> make_holding(schedule& faults, std::size_t fault) {
  auto const type = faults.what()[fault].type;
  if (type == fault_type::stall) {
    return std::make_unique<stall>(faults, fault);
  }
  if (type == fault_type::blackhole) {
    return std::make_unique<blackhole>(faults, fault);
  }
  if (type == fault_type::backlog_full) {
    return std::make_unique<backlog_full>(faults, fault);
  }
  if (type == fault_type::connect_delay) {
    return std::make_unique<connect_delay>(faults, fault);
  }
  return nullptr;
}

} // namespace conecta::fault
