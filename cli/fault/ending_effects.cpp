// Connections that end otherwise than their server ends them.

#include "fault/effect.hpp"

#include <algorithm>
#include <optional>

namespace conecta::fault {

namespace {

/// `reset` and `close`: after so many bytes of reply, of the connection since the window opened or
/// of a request that was drawn; after none of a connection at once.
class cut final : public effect {
 public:
  cut(schedule& faults, std::size_t fault)
      : effect{faults, fault},
        how_{spec().type == fault_type::reset ? ending::injected_reset : ending::injected_close} {}

  ending begin() override {
    if (spec().per == drawn_per::request || spec().after_bytes > 0) {
      return ending::none;
    }
    count();
    return how_;
  }
  void on_chunk(passage const& at, chunk& read) override {
    if (!at.is_down()) {
      return;
    }
    find_end(at);
    if (!end_) {
      return;
    }
    auto const left = *end_ > at.taken ? *end_ - at.taken : 0;
    if (read.bytes.size() >= left) {
      read.bytes = read.bytes.first(static_cast<std::size_t>(left));
      read.end = how_;
      read.ended_by = fault();
    }
  }

 private:
  void find_end(passage const& at) {
    if (end_) {
      return;
    }
    if (spec().per == drawn_per::connection) {
      end_ = at.taken + spec().after_bytes;
    } else if (at.request > 0 && at.request != drawn_) {
      drawn_ = at.request;
      if (what().hits_request(fault(), at.point.connection, at.request)) {
        end_ = std::max(at.reply_from + spec().after_bytes, at.taken);
      }
    }
  }

  ending how_;
  std::uint64_t drawn_ = 0; ///< the request that was drawn last
  std::optional<std::uint64_t> end_;
};

/// What ends a connection at once: `half_close`, `accept_close`, and `refuse` for those that a
/// probability picks.
class end_at_once final : public effect {
 public:
  end_at_once(schedule& faults, std::size_t fault, ending how) : effect{faults, fault}, how_{how} {}

  ending begin() override {
    // A FIN one way counts when it is sent.
    bool const by_kernel = spec().type == fault_type::refuse && spec().probability >= 1.0;
    if (!by_kernel && how_ != ending::injected_fin) {
      count();
    }
    return how_;
  }

 private:
  ending how_;
};

class slow_close final : public effect {
 public:
  using effect::effect;

  duration ends_later(direction towards) override {
    if (!is_about(towards)) {
      return duration::zero();
    }
    count_once();
    return spec().delay;
  }
};

} // namespace

std::unique_ptr<effect> make_ending(schedule& faults, std::size_t fault) {
  auto const type = faults.what()[fault].type;
  if (type == fault_type::reset || type == fault_type::close) {
    return std::make_unique<cut>(faults, fault);
  }
  if (type == fault_type::half_close) {
    return std::make_unique<end_at_once>(faults, fault, ending::injected_fin);
  }
  if (type == fault_type::accept_close) {
    return std::make_unique<end_at_once>(faults, fault, ending::injected_close);
  }
  if (type == fault_type::refuse) {
    return std::make_unique<end_at_once>(faults, fault, ending::injected_reset);
  }
  if (type == fault_type::slow_close) {
    return std::make_unique<slow_close>(faults, fault);
  }
  return nullptr;
}

std::unique_ptr<effect> make_effect(schedule& faults, std::size_t fault) {
  for (auto* const make : {make_damage, make_pacing, make_holding, make_ending}) {
    if (auto made = make(faults, fault)) {
      return made;
    }
  }
  return nullptr;
}

} // namespace conecta::fault
