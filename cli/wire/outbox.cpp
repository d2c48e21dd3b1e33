#include "wire/outbox.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace conecta::wire {

sent_now send_now(int socket, std::string_view bytes) noexcept {
  std::size_t count = 0;
  while (count < bytes.size()) {
    auto const rest = bytes.substr(count);
    auto const size = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      count += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {sending::blocked, count};
    } else if (errno != EINTR) {
      return {sending::failed, count};
    }
  }
  return {sending::done, count};
}

void outbox::push(std::string_view bytes, instant due) {
  if (bytes.empty()) {
    return;
  }
  // Order is kept: nothing is due before what stands in front of it.
  if (!chunks_.empty() && due <= chunks_.back().due) {
    chunks_.back().length += bytes.size();
  } else {
    chunks_.push_back({due, bytes.size()});
  }
  bytes_.append(bytes);
}

sending outbox::flush(int socket, instant now) {
  while (!chunks_.empty()) {
    if (chunks_.front().due > now) {
      drop_sent();
      return sending::waiting;
    }
    auto const view = std::string_view{bytes_}.substr(sent_, chunks_.front().length);
    auto const result = send_now(socket, view);
    sent_ += result.count;
    chunks_.front().length -= result.count;
    if (result.how != sending::done) {
      drop_sent();
      return result.how;
    }
    chunks_.pop_front();
  }
  clear();
  return sending::done;
}

void outbox::clear() noexcept {
  constexpr std::size_t worth_keeping = std::size_t{64} << 10;
  chunks_.clear();
  sent_ = 0;
  if (bytes_.capacity() > worth_keeping) {
    std::string{}.swap(bytes_);
  }
  bytes_.clear();
}

void outbox::drop_sent() {
  // Halving keeps the cost of moving what is left in proportion to what was sent.
  if (sent_ > bytes_.size() / 2) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
}

} // namespace conecta::wire
