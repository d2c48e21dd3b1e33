#pragma once

// A TCP server without manners, in a process of its own, to see what a client does about it.
//
// Thread safety: one thread, which has no other beside it when it makes one: it forks.

#include "wire/address.hpp"

#include <cstdint>
#include <sys/types.h>

namespace conecta::support {

enum class rudeness : std::uint8_t {
  closes_at_once,   ///< accepts and closes
  never_answers,    ///< reads and is silent
  answers_garbage,  ///< a line full of escape sequences
  floods,           ///< megabytes without an end, for one request
  resets_mid_reply, ///< half a reply, then RST
  closes_mid_reply, ///< half a reply, then FIN
  answers_twice,    ///< two replies for one request
  mixes_up,         ///< after ten good replies, two clients get each other's
};

class rude_server {
 public:
  explicit rude_server(rudeness manner);
  rude_server(rude_server const&) = delete;
  rude_server& operator=(rude_server const&) = delete;
  ~rude_server();

  [[nodiscard]] wire::address const& address() const noexcept { return address_; }

 private:
  wire::address address_;
  pid_t id_ = 0;
};

} // namespace conecta::support
