#pragma once

// A history as text and as a number. The text is what replay.hpp reads: a header that says how the
// pool was built, then a line an event, `INSTANT EVENT`, each followed by lines for what came of
// it, set off by two blanks. The number is a hash of the same, made without any text.

#include "core/message.hpp"
#include "sim/feed.hpp"

#include <conecta/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace conecta::sim {

/// How a machine was built.
struct origin {
  pool_options pool{};
  core::hooks_present hooks{};
  std::uint64_t seed = 0;
  instant start{};
};

[[nodiscard]] std::string header_text(origin const& of);
[[nodiscard]] std::string event_text(instant now, core::event const& what);

/// Lines without the two blanks, without their ends.
[[nodiscard]] std::vector<std::string> consequences(reply const& given,
                                                    core::action_list const& actions);

/// FNV-1a over words of 64 bits instead of bytes, with a shift that carries high bits down.
class trace_hash {
 public:
  void add(std::uint64_t word) noexcept {
    value_ = (value_ ^ word) * 0x100000001b3U;
    value_ ^= value_ >> 32U;
  }
  void add(instant now, core::event const& what, reply const& given,
           core::action_list const& actions) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

} // namespace conecta::sim
