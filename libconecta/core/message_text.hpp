#pragma once

// Events and actions as one line of text each, and events back. Instants and durations are whole
// nanoseconds, a slot is `s3.7` (index, generation), a ticket `t0.2`:
//
//   acquire deadline=5000000        grant t0.1 s2.1
//   opened s2.1                     open s2.1 deadline=5000000000
//
// A line of a trace is the instant in nanoseconds, a blank, and an event.

#include "core/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace conecta::core {

[[nodiscard]] std::string to_text(event const& what);
[[nodiscard]] std::string to_text(action const& what);

/// None for text that to_text(event) does not make.
[[nodiscard]] std::optional<event> event_from_text(std::string_view text);

} // namespace conecta::core
