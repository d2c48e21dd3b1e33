#include "target/frames.hpp"

#include <algorithm>

namespace conecta::target {

whole_frames find_frames(frame_kind const& kind, std::string_view received, std::size_t searched,
                         std::size_t most) {
  if (auto const* bytes = std::get_if<byte_frames>(&kind)) {
    auto const count = std::min(received.size() / bytes->count, most);
    return {count, count * bytes->count};
  }
  whole_frames found;
  auto from = searched;
  while (found.count < most) {
    auto const end = received.find('\n', from);
    if (end == std::string_view::npos) {
      break;
    }
    from = end + 1;
    ++found.count;
    found.length = from;
  }
  return found;
}

} // namespace conecta::target
