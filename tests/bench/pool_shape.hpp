#pragma once

// What a round of the pool benchmark does: some clients share some slots, of which some are leased
// for good, and each client acquires, holds and gives back as often as it can.
//
// Text form, the same for every peer: CLIENTS/SLOTS/LEASED/HOLD, where HOLD is 0, a number of
// busy microseconds (1us), or `yield`: the client lets others run while it holds.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::bench {

enum class holding : unsigned char { nothing, busy, yielding };

struct shape {
  std::string text;
  std::size_t clients = 1;
  std::size_t slots = 1;
  std::size_t leased = 0;
  holding hold = holding::nothing;
  std::chrono::microseconds busy{0};

  /// Whether clients can find nothing idle: then the time of every acquire is measured.
  [[nodiscard]] bool exhausts() const noexcept { return clients > slots - leased; }
  /// Whether filling a pool of this size takes so long that it is kept from round to round.
  [[nodiscard]] bool large() const noexcept { return slots >= 10'000; }
};

/// None for a text of another form.
[[nodiscard]] std::optional<shape> parse_shape(std::string_view text);

} // namespace conecta::bench
