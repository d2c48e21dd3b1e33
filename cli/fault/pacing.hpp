#pragma once

// When the next bytes may leave on a line of some bandwidth, and between slices. Arithmetic on
// times that are given; alarms that go off late do not add up.

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace conecta::fault {

/// Bytes leave when the last of them would have left a line of this rate, in slices of 5 ms. A line
/// that has rested, or whose reader has, makes up for 100 ms at most.
class line_pace {
 public:
  /// REQUIRES: rate > 0
  explicit line_pace(std::uint64_t rate) noexcept;

  /// How many of `ready` bytes may leave now; if none, not before next().
  [[nodiscard]] std::size_t allowance(std::size_t ready, instant now) noexcept;
  [[nodiscard]] instant next() const noexcept { return slice_ > 0 ? finish_ : never; }
  /// So many have left, and so many are still ready.
  void on_sent(std::size_t count, std::size_t ready) noexcept;

  /// How long the line is busy with so many bytes.
  [[nodiscard]] duration time_for(std::size_t bytes) const noexcept;

 private:
  std::uint64_t rate_;
  std::size_t slice_ = 0; ///< on the line, or ready to leave it
  instant finish_{};      ///< when the last of these is through
  enum class line : std::uint8_t { idle, busy } line_ = line::idle;
};

/// Datagrams leave when the last byte of each would have left a line of this rate; on one that is
/// busy at most `queue` bytes wait, what is under way included, and what comes beyond is lost.
class datagram_pace {
 public:
  /// REQUIRES: rate > 0
  datagram_pace(std::uint64_t rate, std::size_t queue) noexcept : line_{rate}, queue_{queue} {}

  /// When it leaves; nothing where it finds the queue full.
  [[nodiscard]] std::optional<instant> admit(std::size_t bytes, instant now) noexcept;

 private:
  line_pace line_;
  std::size_t queue_;
  instant finish_{};
};

/// Slices of `size` bytes, never closer to each other than `gap`.
class slice_pace {
 public:
  slice_pace(std::size_t size, duration gap) noexcept : size_{size}, gap_{gap} {}

  [[nodiscard]] std::size_t allowance(std::size_t ready, instant now) const noexcept;
  [[nodiscard]] instant next() const noexcept { return next_; }
  void on_sent(instant now) noexcept { next_ = saturating_add(now, gap_); }

 private:
  std::size_t size_;
  duration gap_;
  instant next_{};
};

} // namespace conecta::fault
