#pragma once

// Where requests end in what a server has received. Pure.

#include "target/target_options.hpp"

#include <cstddef>
#include <limits>
#include <string_view>

namespace conecta::target {

using frame_kind = decltype(target_options::frame);

struct whole_frames {
  std::size_t count = 0;
  std::size_t length = 0; ///< of all of them together
  bool operator==(whole_frames const&) const = default;
};

/// The first requests in `received`, at most `most` of them. The first `searched` bytes are known
/// to hold no end of a line.
[[nodiscard]] whole_frames find_frames(frame_kind const& kind, std::string_view received,
                                       std::size_t searched,
                                       std::size_t most = std::numeric_limits<std::size_t>::max());

} // namespace conecta::target
