#include "fault/link.hpp"

#include "wire/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

namespace conecta::fault {

namespace {

constexpr std::size_t most_unread = std::size_t{256} << 10;
constexpr std::size_t most_delayed = std::size_t{16} << 20;
constexpr int reads_at_once = 16; ///< then the others get their turn

} // namespace

link::link(link_context& shared, std::uint64_t number, wire::descriptor client,
           wire::address const& upstream)
    : shared_{&shared}, number_{number}, opened_{shared.loop.now()} {
  client_.socket = std::move(client);
  server_.socket =
      wire::descriptor{::socket(upstream.domain(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!server_.socket) {
    wire::close_with_reset(client_.socket);
    throw std::system_error{errno, std::system_category(), "cannot make a socket"};
  }
  wire::disable_nagle(server_.socket.get());
  if (::connect(server_.socket.get(), upstream.data(), upstream.size()) != 0 &&
      errno != EINPROGRESS) {
    // Seen by the first event as well: the socket reports that it is not connected.
    server_.failed = true;
  }
  shared.loop.watch_connection(client_.socket.get(), client_);
  shared.loop.watch_connection(server_.socket.get(), server_);
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
  if (error != 0 || server_.failed) {
    reset_client();
    return false;
  }
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(server_.socket.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return false; // not yet
  }
  phase_ = phase::open;
  return true;
}

void link::count_replies_for(std::size_t fault) {
  std::erase_if(marks_, [fault](reply_mark const& mark) { return mark.fault == fault; });
  marks_.push_back({fault, down_.bytes});
}

void link::reset_client() {
  if (phase_ != phase::over) {
    wire::close_with_reset(client_.socket);
    finish();
  }
}

void link::go_on() {
  if (phase_ == phase::connecting) {
    if (client_.failed) {
      finish();
    }
    return;
  }
  for (auto* const each : {&down_, &up_}) {
    if (phase_ == phase::over) {
      return;
    }
    flush(*each);
    read(*each);
  }
  if (phase_ != phase::over && !settle()) {
    set_alarm();
  }
}

void link::flush(stream& which) {
  if (which.to->failed) {
    which.queue.clear();
  } else if (which.queue.flush(which.to->socket.get(), shared_->loop.now()) ==
             wire::sending::failed) {
    which.to->failed = true;
    which.to->readable = true; // its end is to be found
    which.to->hung_up = true;
    which.queue.clear();
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
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      from.readable = false;
    } else if (errno != EINTR) {
      from.failed = true;
      which.end = ending::reset;
    }
  }
  shared_->loop.again(*this);
}

void link::pass(stream& which, std::string_view bytes) {
  bytes = bytes.substr(0, bytes_before_reset(which, bytes.size()));
  which.bytes += bytes.size();
  auto const delay = delay_of(which);
  ++which.chunks;
  if (which.queue.empty() && delay == duration::zero()) {
    auto const sent = wire::send_now(which.to->socket.get(), bytes);
    if (sent.how == wire::sending::failed) {
      which.to->failed = true;
      which.to->readable = true;
      which.to->hung_up = true;
      return;
    }
    bytes.remove_prefix(sent.count);
  }
  which.queue.push(bytes, shared_->loop.now() + delay);
}

std::size_t link::bytes_before_reset(stream& which, std::size_t count) {
  if (which.towards == direction::upstream) {
    return count;
  }
  auto const& plan = shared_->faults.what();
  for (auto const fault : shared_->faults.active()) {
    auto const& spec = plan[fault];
    if (spec.type != fault_type::reset || spec.after_bytes == 0 ||
        !shared_->faults.covers(fault, opened_) || !plan.hits_connection(fault, number_)) {
      continue;
    }
    auto const mark = std::ranges::find(marks_, fault, &reply_mark::fault);
    auto const before = mark == marks_.end() ? 0 : mark->bytes;
    auto const last = before + spec.after_bytes;
    auto const left = last > which.bytes ? last - which.bytes : 0;
    if (count >= left) {
      count = left;
      which.end = ending::injected;
      resetting_fault_ = fault;
    }
  }
  return count;
}

duration link::delay_of(stream& which) {
  auto sum = duration::zero();
  auto const& plan = shared_->faults.what();
  draw_point const point{number_, which.towards, which.chunks};
  for (auto const fault : shared_->faults.active()) {
    if (plan[fault].type == fault_type::latency && shared_->faults.covers(fault, opened_) &&
        plan.hits(fault, point)) {
      sum += plan.delay(fault, point);
      shared_->faults.count(fault);
    }
  }
  return sum;
}

bool link::is_full(stream const& which) const noexcept {
  if (which.queue.size() < most_unread) {
    return false;
  }
  return which.queue.next_due() <= shared_->loop.now() || which.queue.size() >= most_delayed;
}

bool link::settle() {
  for (auto* const each : {&down_, &up_}) {
    auto& other = opposite(*each);
    if (each->end == ending::injected && each->queue.empty()) {
      shared_->faults.count(resetting_fault_);
      reset_client();
      return true;
    }
    // The receiver is gone, and what it sent before has been passed on: its reset is passed on.
    bool const receiver_gone = each->to->failed && other.end != ending::none && other.queue.empty();
    if (receiver_gone) {
      wire::close_with_reset(each->from->socket);
      finish();
      return true;
    }
    if (each->end == ending::reset && each->queue.empty()) {
      wire::close_with_reset(each->to->socket);
      finish();
      return true;
    }
    if (each->end == ending::fin && each->queue.empty() && !each->fin_passed) {
      each->fin_passed = true;
      ::shutdown(each->to->socket.get(), SHUT_WR);
    }
  }
  if (down_.fin_passed && up_.fin_passed) {
    finish();
    return true;
  }
  return false;
}

void link::set_alarm() {
  auto due = never;
  for (auto const* const each : {&down_, &up_}) {
    if (!each->queue.empty() && each->queue.next_due() > shared_->loop.now()) {
      due = std::min(due, each->queue.next_due());
    }
  }
  shared_->loop.arm(*this, due);
}

void link::finish() {
  phase_ = phase::over;
  shared_->loop.disarm(*this);
  client_.socket.close();
  server_.socket.close();
  shared_->ended(*this);
}

} // namespace conecta::fault
