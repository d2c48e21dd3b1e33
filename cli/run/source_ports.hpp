#pragma once

// Local ports for connections that may have only a few: free ones, outside of the range that the
// kernel itself gives ports from, so that nobody else takes them by chance.
//
// Thread safety: safe from any thread.

#include "net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace conecta::run {

/// Free when asked; not kept. Throws std::runtime_error where there are not so many, and
/// std::system_error where no descriptor is left to ask with.
[[nodiscard]] std::vector<std::uint16_t> free_ports(std::size_t count, net::transport kind);

} // namespace conecta::run
