// Chunks that arrive late, or otherwise than they were sent.

#include "fault/damage.hpp"
#include "fault/effect.hpp"

#include <algorithm>

namespace conecta::fault {

namespace {

class latency final : public effect {
 public:
  using effect::effect;

  void on_chunk(passage const& at, chunk& read) override {
    if (what().hits(fault(), at.point)) {
      read.delay += what().delay(fault(), at.point);
      count();
    }
  }
};

class corrupt final : public effect {
 public:
  using effect::effect;

  void on_chunk(passage const& at, chunk& read) override {
    if (!read.bytes.empty() && what().hits(fault(), at.point)) {
      flip_bits(read.bytes, spec().bits, what().details(fault(), at.point));
      count();
    }
  }
};

class truncate final : public effect {
 public:
  using effect::effect;

  void on_chunk(passage const& at, chunk& read) override {
    if (read.bytes.size() > spec().bytes && what().hits(fault(), at.point)) {
      read.bytes = read.bytes.first(spec().bytes);
      count();
    }
  }
};

/// Behind the first chunk of the reply: where a longer one ends, nobody here can know.
class extra_reply final : public effect {
 public:
  using effect::effect;

  void on_chunk(passage const& at, chunk& read) override {
    if (!at.is_down() || at.request == 0 || at.request == drawn_) {
      return;
    }
    drawn_ = at.request;
    if (what().hits_request(fault(), at.point.connection, at.request)) {
      read.added += spec().send;
      count();
    }
  }

 private:
  std::uint64_t drawn_ = 0;
};

} // namespace

std::unique_ptr<effect> make_damage(schedule& faults, std::size_t fault) {
  auto const type = faults.what()[fault].type;
  if (type == fault_type::latency) {
    return std::make_unique<latency>(faults, fault);
  }
  if (type == fault_type::corrupt) {
    return std::make_unique<corrupt>(faults, fault);
  }
  if (type == fault_type::truncate) {
    return std::make_unique<truncate>(faults, fault);
  }
  if (type == fault_type::extra_reply) {
    return std::make_unique<extra_reply>(faults, fault);
  }
  return nullptr;
}

} // namespace conecta::fault
