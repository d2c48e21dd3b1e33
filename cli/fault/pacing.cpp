#include "fault/pacing.hpp"

#include <algorithm>

namespace conecta::fault {

namespace {

constexpr std::uint64_t slices_per_second = 200;
constexpr duration longest_arrears = std::chrono::milliseconds{100};

} // namespace

line_pace::line_pace(std::uint64_t rate) noexcept : rate_{rate} {}

duration line_pace::time_for(std::size_t bytes) const noexcept {
  __extension__ using wide = unsigned __int128;
  return duration{static_cast<duration::rep>(wide{bytes} * 1'000'000'000U / rate_)};
}

std::size_t line_pace::allowance(std::size_t ready, instant now) noexcept {
  if (ready == 0) {
    return 0;
  }
  if (slice_ == 0) {
    slice_ = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max<std::uint64_t>(rate_ / slices_per_second, 1), ready));
    auto const start =
        line_ == line::busy ? std::max(finish_, now - longest_arrears) : std::max(finish_, now);
    finish_ = saturating_add(start, time_for(slice_));
    line_ = line::busy;
  }
  return finish_ <= now ? std::min(slice_, ready) : 0;
}

void line_pace::on_sent(std::size_t count, std::size_t ready) noexcept {
  slice_ -= std::min(count, slice_);
  if (ready == 0) {
    line_ = line::idle;
  }
}

std::optional<instant> datagram_pace::admit(std::size_t bytes, instant now) noexcept {
  bool const busy = finish_ > now;
  if (busy && (finish_ - now) + line_.time_for(bytes) > line_.time_for(queue_)) {
    return std::nullopt;
  }
  finish_ = saturating_add(busy ? finish_ : now, line_.time_for(bytes));
  return finish_;
}

std::size_t slice_pace::allowance(std::size_t ready, instant now) const noexcept {
  return now < next_ ? 0 : std::min(ready, size_);
}

} // namespace conecta::fault
