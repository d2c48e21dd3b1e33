#include "fault/late_queue.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace conecta::fault {

void late_queue::push(std::string_view bytes, hold const& held) {
  auto const begin = pushed_;
  pushed_ += bytes.size();
  if (held.is_held() && !bytes.empty()) {
    held_.push_back({begin, pushed_, held});
  }
  bytes_.push(bytes, held.until());
}

wire::sending late_queue::flush(int socket, instant now, std::size_t most) {
  auto const how = bytes_.flush(socket, now, most);
  while (!held_.empty() && held_.front().end <= sent()) {
    held_.pop_front();
  }
  return how;
}

void late_queue::clear() noexcept {
  bytes_.clear();
  held_.clear();
}

void late_queue::release(std::size_t fault) {
  bool released = false;
  for (auto& each : held_) {
    released = each.held.release(fault) || released;
  }
  if (released) {
    time_again();
  }
}

void late_queue::renumber(std::span<std::size_t const> before) {
  for (auto& each : held_) {
    each.held.renumber(before);
  }
}

/// What nobody holds has waited only for what is in front of it.
void late_queue::time_again() {
  std::vector<wire::outbox::chunk> chunks;
  auto at = sent();
  instant due{};
  auto const up_to = [&](std::uint64_t end) {
    if (end > at) {
      chunks.push_back({due, static_cast<std::size_t>(end - at)});
      at = end;
    }
  };
  for (auto const& each : held_) {
    up_to(each.begin);
    due = std::max(due, each.held.until());
    up_to(each.end);
  }
  up_to(pushed_);
  bytes_.time_again(chunks);
}

} // namespace conecta::fault
