#include "workload/arrivals.hpp"

#include <chrono>
#include <cmath>

namespace conecta::workload {

namespace {

double seconds(duration time) { return std::chrono::duration<double>{time}.count(); }

} // namespace

arrivals::arrivals(double from, double to, duration length) noexcept
    : from_{from}, slope_{(to - from) / seconds(length)}, length_{length} {
  auto const area = (from + to) / 2 * seconds(length);
  count_ = static_cast<std::uint64_t>(area);
  // Rounding may have it wrong by one.
  while (area > 0 && instant_of(count_) < length_) {
    ++count_;
  }
  while (count_ > 0 && instant_of(count_ - 1) >= length_) {
    --count_;
  }
}

/// from t + slope t^2 / 2 = n, solved so that nothing cancels; without a slope it is n / from.
duration arrivals::instant_of(std::uint64_t n) const noexcept {
  if (n == 0) {
    return duration::zero();
  }
  auto const wanted = static_cast<double>(n);
  auto const under_root = from_ * from_ + 2 * slope_ * wanted;
  if (under_root < 0) { // more than there will ever be
    return length_;
  }
  auto const nanoseconds = 2 * wanted / (from_ + std::sqrt(under_root)) * 1e9;
  auto const latest = static_cast<double>(length_.count());
  return duration{std::llround(nanoseconds < latest ? nanoseconds : latest)};
}

} // namespace conecta::workload
