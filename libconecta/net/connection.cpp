#include "net/connection.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace conecta::net {

connection::look connection::look_at() const noexcept {
  char byte = 0;
  auto const seen = ::recv(handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen < 0) {
    return errno == EAGAIN || errno == EINTR ? look::quiet : look::broken;
  }
  // On UDP an empty datagram is one, too.
  return seen > 0 || kind_ == transport::udp ? look::unread_bytes : look::closed;
}

} // namespace conecta::net
