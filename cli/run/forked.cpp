#include "run/forked.hpp"

#include <unistd.h>

namespace conecta::run {

void close_all_but(int kept, unsigned first) noexcept {
  auto const place = static_cast<unsigned>(kept);
  if (place > first) {
    ::close_range(first, place - 1, 0);
  }
  ::close_range(place + 1, ~0U, 0);
}

} // namespace conecta::run
