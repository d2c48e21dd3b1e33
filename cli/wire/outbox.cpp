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

std::size_t outbox::due(instant now) const noexcept {
  std::size_t sum = 0;
  for (auto const& each : chunks_) {
    if (each.due > now) {
      break;
    }
    sum += each.length;
  }
  return sum;
}

sending outbox::flush(int socket, instant now, std::size_t most) {
  while (!chunks_.empty()) {
    auto& first = chunks_.front();
    if (first.due > now || most == 0) {
      drop_sent();
      return sending::waiting;
    }
    auto const view = std::string_view{bytes_}.substr(sent_, std::min(first.length, most));
    auto const result = send_now(socket, view);
    sent_ += result.count;
    most -= result.count;
    first.length -= result.count;
    if (result.how != sending::done) {
      drop_sent();
      return result.how;
    }
    if (first.length == 0) {
      chunks_.pop_front();
    }
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

void outbox::time_again(std::span<chunk const> chunks) {
  chunks_.assign(chunks.begin(), chunks.end());
}

void outbox::drop_sent() {
  // Halving keeps the cost of moving what is left in proportion to what was sent.
  if (sent_ > bytes_.size() / 2) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
}

} // namespace conecta::wire
