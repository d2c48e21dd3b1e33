#include "net/poller.hpp"

#include "base/assert.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>

namespace conecta::net {

namespace asio = boost::asio;

namespace {

[[noreturn]] void throw_errno(char const* what) {
  throw boost::system::system_error{{errno, boost::system::system_category()}, what};
}

int new_instance() {
  auto const made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) {
    throw_errno("epoll_create1");
  }
  return made;
}

bool has_come(registration const& of) {
  return of.awaited == readiness::readable ? of.readable : of.writable;
}

void note(registration& of, std::uint32_t events) {
  bool const broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  of.ended = of.ended || broken || (events & EPOLLRDHUP) != 0;
  of.readable = of.readable || of.ended || (events & EPOLLIN) != 0;
  of.writable = of.writable || broken || (events & EPOLLOUT) != 0;
}

} // namespace

void waiter::stop_waiting() noexcept {
  if (at_ != nullptr) {
    at_->in.forget(*at_);
  }
}

poller::poller(asio::execution_context& of)
    : service{of}, instance_{static_cast<asio::io_context&>(of)} {
  instance_.assign(new_instance());
}

void poller::shutdown() {
  boost::system::error_code ignored;
  instance_.close(ignored);
}

void poller::add(registration& which) {
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.ptr = &which;
  if (::epoll_ctl(instance_.native_handle(), EPOLL_CTL_ADD, which.socket, &wanted) != 0) {
    throw_errno("epoll_ctl");
  }
}

void poller::remove(registration& which) noexcept {
  if (which.who != nullptr) {
    forget(which);
  }
  if (instance_.is_open()) {
    // To close the socket would not do where a child process has a copy of it.
    ::epoll_ctl(instance_.native_handle(), EPOLL_CTL_DEL, which.socket, nullptr);
  }
  for (int each = current_ + 1; each < fetched_count_; ++each) {
    auto& event = fetched_[static_cast<std::size_t>(each)];
    if (event.data.ptr == &which) {
      event.data.ptr = nullptr;
    }
  }
}

void poller::await(registration& which, readiness what, waiter& who) {
  CONECTA_ASSERT(which.who == nullptr && who.at_ == nullptr,
                 "net::poller: one waits for this socket already");
  which.who = &who;
  which.awaited = what;
  who.at_ = &which;
  ++waiting_;
  listen();
}

void poller::forget(registration& which) noexcept {
  which.who->at_ = nullptr;
  which.who = nullptr;
  if (--waiting_ == 0 && listening_ && fetched_count_ == 0) {
    boost::system::error_code ignored;
    instance_.cancel(ignored); // so that an io_context that has nothing else to do returns
  }
}

void poller::listen() {
  if (listening_ || waiting_ == 0) {
    return;
  }
  listening_ = true;
  instance_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code const& problem) {
                         if (!problem) {
                           tell_all();
                         }
                         listening_ = false;
                         listen();
                       });
}

void poller::tell_all() {
  fetched_count_ = ::epoll_wait(instance_.native_handle(), fetched_.data(), most_at_once, 0);
  for (current_ = 0; current_ < fetched_count_; ++current_) {
    auto const& event = fetched_[static_cast<std::size_t>(current_)];
    auto* const of = static_cast<registration*>(event.data.ptr);
    if (of == nullptr) {
      continue;
    }
    note(*of, event.events);
    if (of->who != nullptr && has_come(*of)) {
      auto& who = *of->who;
      forget(*of);
      who.ready();
    }
  }
  fetched_count_ = 0;
}

} // namespace conecta::net
