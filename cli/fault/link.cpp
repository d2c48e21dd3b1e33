#include "fault/link.hpp"

#include "wire/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace conecta::fault {

namespace {

constexpr std::size_t most_unread = std::size_t{256} << 10;
constexpr std::size_t most_delayed = std::size_t{16} << 20;

} // namespace

link::link(link_context& shared, std::uint64_t number, wire::descriptor client)
    : shared_{&shared}, number_{number}, opened_{shared.loop.now()}, connects_at_{opened_} {
  client_.socket = std::move(client);
  shared.loop.watch_connection(client_.socket.get(), client_);
}

void link::add(std::unique_ptr<effect> made) {
  if (phase_ == phase::over || phase_ == phase::closing) {
    return;
  }
  auto& added = *effects_.emplace_back(std::move(made));
  auto const how = added.begin();
  if (phase_ == phase::waiting) {
    connects_at_.add(added.fault(), added.connects_later());
  }
  switch (how) {
  case ending::none:
  case ending::fin:
  case ending::reset:
    break;
  case ending::injected_reset:
    reset(client_);
    break;
  case ending::injected_close:
    close_client();
    break;
  case ending::injected_fin:
    for (auto* const each : {&down_, &up_}) {
      if (added.is_about(each->towards) && each->end == ending::none) {
        each->end = ending::injected_fin;
        each->ended_by = added.fault();
      }
    }
    break;
  }
}

void link::remove(std::size_t fault) {
  std::erase_if(effects_, [fault](auto const& each) { return each->fault() == fault; });
  go_on();
}

void link::release(std::size_t fault) {
  connects_at_.release(fault);
  for (auto* const each : {&down_, &up_}) {
    each->queue.release(fault);
    each->end_due.release(fault);
  }
  go_on();
}

void link::renumber(std::span<std::size_t const> before) {
  auto const place_of = [&](std::size_t fault) {
    auto const found = std::ranges::find(before, fault);
    return found == before.end() ? std::optional<std::size_t>{} : found - before.begin();
  };
  for (auto const& each : effects_) {
    each->renumber(place_of(each->fault()).value());
  }
  connects_at_.renumber(before);
  for (auto* const each : {&down_, &up_}) {
    each->queue.renumber(before);
    each->end_due.renumber(before);
    each->ended_by = each->ended_by ? place_of(*each->ended_by) : std::nullopt;
  }
}

void link::start() { go_on(); }

void link::connect() {
  auto const& upstream = shared_->upstream;
  phase_ = phase::connecting;
  server_.socket =
      wire::descriptor{::socket(upstream.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!server_.socket) { // for want of a descriptor: the endpoint was not even asked
    shared_->turned_away();
    reset(client_);
    return;
  }
  wire::disable_nagle(server_.socket.get());
  if (::connect(server_.socket.get(), upstream.data(), upstream.size()) != 0 &&
      errno != EINPROGRESS) {
    find_unreachable(errno);
    return;
  }
  shared_->loop.watch_connection(server_.socket.get(), server_);
}

void link::side::on_ready(std::uint32_t events) {
  constexpr std::uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  readable = readable || (events & (EPOLLIN | end)) != 0;
  hung_up = hung_up || (events & end) != 0;
  if (owner->phase_ == phase::connecting && this == &owner->server_) {
    if (!owner->connected()) {
      return;
    }
  } else if ((events & EPOLLERR) != 0) {
    failed = true; // what it sent before is still read
  }
  owner->go_on();
}

void link::on_ready(std::uint32_t) { go_on(); }

bool link::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    find_unreachable(error);
    return false;
  }
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(server_.socket.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return false; // not yet
  }
  phase_ = phase::open;
  ++shared_->counts.reached;
  return true;
}

void link::find_unreachable(int obstacle) {
  shared_->counts.count_unreachable(obstacle);
  reset(client_);
}

void link::go_on() {
  switch (phase_) {
  case phase::waiting:
    go_on_waiting();
    return;
  case phase::connecting:
    if (client_.failed) {
      finish();
    }
    return;
  case phase::closing:
    discard_from_client();
    return;
  case phase::over:
    return;
  case phase::open:
    break;
  }
  for (auto* const each : {&down_, &up_}) {
    if (!is_blocked(each->towards)) {
      flush(*each);
      read(*each);
    }
  }
  if (!settle()) {
    set_alarm();
  }
}

void link::go_on_waiting() {
  if (is_blocked(direction::upstream)) {
    return;
  }
  if (client_.failed) {
    finish();
  } else if (connects_at_.until() > shared_->loop.now()) {
    shared_->loop.arm(*this, connects_at_.until());
  } else {
    connect();
  }
}

void link::flush(stream& which) {
  if (which.to->failed) {
    which.queue.clear();
  } else if (!effects_.empty()) {
    flush_in_portions(which);
  } else {
    static_cast<void>(send_from_queue(which, std::string::npos));
  }
}

/// As much of what is due as the receiver takes, `most` at most.
wire::sending link::send_from_queue(stream& which, std::size_t most) {
  auto const before = which.queue.size();
  auto const how = which.queue.flush(which.to->socket.get(), shared_->loop.now(), most);
  shared_->counts.count_passed(which.towards, before - which.queue.size());
  if (how == wire::sending::failed) {
    fail(*which.to);
    which.queue.clear();
  }
  return how;
}

void link::flush_in_portions(stream& which) {
  auto const now = shared_->loop.now();
  for (auto ready = which.queue.due(now); ready > 0; ready = which.queue.due(now)) {
    auto at = passage_of(which);
    auto most = ready;
    for (auto const& each : effects_) {
      most = std::min(most, each->allowance(at, ready, now));
    }
    if (most == 0) {
      return;
    }
    auto const before = which.queue.size();
    auto const how = send_from_queue(which, most);
    if (how == wire::sending::failed) {
      return;
    }
    auto const sent = before - which.queue.size();
    for (auto const& each : effects_) {
      each->on_sent(at, sent, ready - sent, now);
    }
    if (how == wire::sending::blocked) {
      return;
    }
  }
}

void link::read(stream& which) {
  auto& from = *which.from;
  auto& scratch = shared_->scratch;
  for (int i = 0; i < reads_at_once; ++i) {
    if (!from.readable || which.end != ending::none || which.to->failed || is_full(which)) {
      return;
    }
    auto const size = ::recv(from.socket.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (size > 0) {
      auto const count = static_cast<std::size_t>(size);
      from.readable = from.hung_up || count == scratch.size();
      pass(which, {scratch.data(), count});
    } else if (size == 0) {
      which.end = from.failed ? ending::reset : ending::fin;
      which.end_due = hold{shared_->loop.now()};
      for (auto const& each : effects_) {
        which.end_due.add(each->fault(), each->ends_later(which.towards));
      }
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      from.readable = false;
    } else if (errno != EINTR) {
      from.failed = true;
      which.end = ending::reset;
    }
  }
  shared_->loop.again(*this);
}

void link::find_request(direction towards) {
  if (towards == direction::upstream && (request_ == 0 || down_.bytes > reply_from_)) {
    ++request_;
    reply_from_ = down_.bytes;
  }
}

passage link::passage_of(stream const& which) const noexcept {
  return {.point = {number_, which.towards, which.chunks},
          .taken = which.bytes,
          .sent = which.bytes - which.queue.size(),
          .request = request_,
          .reply_from = reply_from_};
}

void link::pass(stream& which, std::span<char> bytes) {
  find_request(which.towards);
  auto const at = passage_of(which);
  chunk read{.bytes = bytes, .added = {}};
  hold held{shared_->loop.now()};
  for (auto const& each : effects_) {
    auto const before = read.delay;
    each->on_chunk(at, read);
    held.add(each->fault(), read.delay - before);
  }
  ++which.chunks;
  which.end = read.end;
  which.ended_by = read.ended_by;
  send_or_queue(which, {read.bytes.data(), read.bytes.size()}, held);
  send_or_queue(which, read.added, held);
  flush(which);
}

void link::send_or_queue(stream& which, std::string_view bytes, hold const& held) {
  which.bytes += bytes.size();
  if (which.queue.empty() && effects_.empty()) {
    auto const sent = wire::send_now(which.to->socket.get(), bytes);
    if (sent.how == wire::sending::failed) {
      fail(*which.to);
      return;
    }
    shared_->counts.count_passed(which.towards, sent.count);
    bytes.remove_prefix(sent.count);
  }
  which.queue.push(bytes, held);
}

void link::set_alarm() {
  auto due = never;
  auto const now = shared_->loop.now();
  auto const consider = [&](instant at) { due = at > now ? std::min(due, at) : due; };
  for (auto const* const each : {&down_, &up_}) {
    if (!each->queue.empty()) {
      consider(each->queue.next_due());
      for (auto const& effect : effects_) {
        consider(effect->wake_up(each->towards));
      }
    } else if (each->end == ending::fin && !each->fin_passed) {
      consider(each->end_due.until());
    }
  }
  shared_->loop.arm(*this, due);
}

bool link::is_full(stream const& which) const noexcept {
  if (effects_.empty()) { // what the receiver does not take waits in the kernel: one copy less
    return !which.queue.empty();
  }
  auto most = most_unread;
  for (auto const& each : effects_) {
    most = std::min(most, each->most_ready(which.towards, most));
  }
  if (which.queue.size() < most) {
    return false;
  }
  return which.queue.next_due() <= shared_->loop.now() || which.queue.size() >= most_delayed;
}

bool link::is_blocked(direction towards) const noexcept {
  return std::ranges::any_of(effects_, [&](auto const& each) { return each->blocks(towards); });
}

} // namespace conecta::fault
