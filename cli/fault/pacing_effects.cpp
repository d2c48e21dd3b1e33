// Bytes that leave more slowly than they come.

#include "fault/effect.hpp"
#include "fault/pacing.hpp"

namespace conecta::fault {

namespace {

class bandwidth final : public effect {
 public:
  bandwidth(schedule& faults, std::size_t fault)
      : effect{faults, fault}, down_{spec().rate}, up_{spec().rate} {}

  std::size_t allowance(passage const& at, std::size_t ready, instant now) override {
    return is_about(at.point.towards) ? line(at.point.towards).allowance(ready, now) : ready;
  }
  instant wake_up(direction towards) const override {
    return is_about(towards) ? (towards == direction::downstream ? down_ : up_).next() : never;
  }
  void on_chunk(passage const& at, chunk&) override {
    if (is_about(at.point.towards)) {
      count_once();
    }
  }
  void on_sent(passage const& at, std::size_t count, std::size_t ready, instant) override {
    if (is_about(at.point.towards)) {
      line(at.point.towards).on_sent(count, ready);
    }
  }
  std::size_t most_ready(direction towards, std::size_t usual) const override {
    return is_about(towards) ? spec().queue : usual;
  }

 private:
  line_pace& line(direction towards) { return towards == direction::downstream ? down_ : up_; }

  line_pace down_;
  line_pace up_;
};

class slicer final : public effect {
 public:
  slicer(schedule& faults, std::size_t fault)
      : effect{faults, fault}, down_{spec().size, spec().gap}, up_{spec().size, spec().gap} {}

  std::size_t allowance(passage const& at, std::size_t ready, instant now) override {
    return is_about(at.point.towards) ? slices(at.point.towards).allowance(ready, now) : ready;
  }
  instant wake_up(direction towards) const override {
    return is_about(towards) ? (towards == direction::downstream ? down_ : up_).next() : never;
  }
  void on_chunk(passage const& at, chunk&) override {
    if (is_about(at.point.towards)) {
      count_once();
    }
  }
  void on_sent(passage const& at, std::size_t, std::size_t, instant now) override {
    if (is_about(at.point.towards)) {
      slices(at.point.towards).on_sent(now);
    }
  }

 private:
  slice_pace& slices(direction towards) { return towards == direction::downstream ? down_ : up_; }

  slice_pace down_;
  slice_pace up_;
};

} // namespace

std::unique_ptr<effect> make_pacing(schedule& faults, std::size_t fault) {
  auto const type = faults.what()[fault].type;
  if (type == fault_type::bandwidth) {
    return std::make_unique<bandwidth>(faults, fault);
  }
  if (type == fault_type::slicer) {
    return std::make_unique<slicer>(faults, fault);
  }
  return nullptr;
}

} // namespace conecta::fault
