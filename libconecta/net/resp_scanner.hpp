#pragma once

// Where a reply of Redis ends: RESP2 and RESP3, arrays in arrays, followed as it arrives. It judges
// the shape, not the meaning. Source: the Redis serialization protocol specification.
//
// Hostile input costs memory of its own length at most: nothing is reserved for what is announced.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace conecta::net {

class resp_scanner {
 public:
  enum class progress : std::uint8_t { need_more, complete, malformed };

  /// `received` is all that came, what was shown before included.
  [[nodiscard]] progress examine(std::string_view received);
  /// Of a complete reply.
  [[nodiscard]] std::size_t length() const noexcept { return done_; }

 private:
  [[nodiscard]] progress take_line(std::string_view line, std::size_t size,
                                   std::string_view received);

  std::size_t done_ = 0;          ///< bytes of whole elements, or heads of aggregates
  std::uint64_t outstanding_ = 1; ///< elements that are yet to come
};

} // namespace conecta::net
