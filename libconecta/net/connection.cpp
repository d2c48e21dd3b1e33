#include "net/connection.hpp"

#include <cerrno>

namespace conecta::net {

connection::look connection::look_at() const noexcept {
  char byte = 0;
  auto const seen = socket_.peek(&byte, 1);
  if (seen < 0) {
    return errno == EAGAIN ? look::quiet : look::broken;
  }
  // On UDP an empty datagram is one, too.
  return seen > 0 || kind_ == transport::udp ? look::unread_bytes : look::closed;
}

} // namespace conecta::net
