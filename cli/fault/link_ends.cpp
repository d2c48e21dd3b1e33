// How a link ends, or one direction of it.

#include "fault/link.hpp"
#include "wire/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace conecta::fault {

bool link::holds_end(stream const& which) const noexcept {
  auto const at = passage_of(which);
  return std::ranges::any_of(effects_, [&](auto const& each) { return each->holds_end(at); });
}

bool link::settle() { return settle(down_) || settle(up_); }

/// Whether the link is over, or its client alone is left.
bool link::settle(stream& which) {
  if (phase_ != phase::open) {
    return true;
  }
  auto& other = opposite(which);
  if (is_blocked(which.towards) || is_blocked(other.towards)) {
    return false;
  }
  // The receiver is gone, and what it sent before has been passed on: its reset is passed on.
  if (which.to->failed && other.end != ending::none && other.queue.empty()) {
    reset(*which.from);
    return true;
  }
  if (!which.queue.empty() || which.fin_passed || holds_end(which)) {
    return false;
  }
  switch (which.end) {
  case ending::none:
    return false;
  case ending::injected_reset:
    count_end(which);
    reset(*which.to);
    return true;
  case ending::injected_close:
    count_end(which);
    close_client();
    return true;
  case ending::reset:
    reset(*which.to);
    return true;
  case ending::injected_fin:
    count_end(which);
    break;
  case ending::fin:
    if (which.end_due.until() > shared_->loop.now()) {
      return false;
    }
    break;
  }
  which.fin_passed = true;
  ::shutdown(which.to->socket.get(), SHUT_WR);
  if (other.fin_passed) {
    finish();
    return true;
  }
  return false;
}

/// The fault may be gone by now.
void link::count_end(stream const& which) {
  if (which.ended_by) {
    shared_->faults.count(*which.ended_by);
  }
}

void link::fail(side& which) noexcept {
  which.failed = true;
  which.readable = true; // its end is to be found
  which.hung_up = true;
}

void link::reset(side& which) {
  wire::close_with_reset(which.socket);
  finish();
}

/// What the client still sends is read and dropped: closed with bytes unread, the kernel would
/// reset it.
void link::close_client() {
  phase_ = phase::closing;
  shared_->loop.disarm(*this);
  server_.socket.close();
  effects_.clear();
  ::shutdown(client_.socket.get(), SHUT_WR);
  shared_->loop.again(*this);
}

void link::finish() {
  phase_ = phase::over;
  shared_->loop.disarm(*this);
  client_.socket.close();
  server_.socket.close();
  shared_->ended(*this);
}

void link::discard_from_client() {
  auto& scratch = shared_->scratch;
  for (int i = 0; i < reads_at_once; ++i) {
    auto const size = ::recv(client_.socket.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return;
    }
    if (size == 0 || (size < 0 && errno != EINTR)) {
      finish();
      return;
    }
  }
  shared_->loop.again(*this);
}

} // namespace conecta::fault
