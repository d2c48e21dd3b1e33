#include "wire/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <system_error>

namespace conecta::wire {

namespace {

[[noreturn]] void fail(char const* what) {
  throw std::system_error{errno, std::system_category(), what};
}

instant read_clock() noexcept {
  return std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
}

// Any address that is no watcher's will do.
char const timer_mark = 0;
char const wake_mark = 0;

void add(int epoll, int socket, std::uint32_t events, void const* mark) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = const_cast<void*>(mark);
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
    fail("cannot watch a socket");
  }
}

void drain(int counter) noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] auto const size = ::read(counter, &count, sizeof count);
}

} // namespace

event_loop::event_loop()
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      timer_{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)},
      wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)},
      now_{read_clock()} {
  if (!epoll_ || !timer_ || !wake_) {
    fail("cannot make an event loop");
  }
  add(epoll_.get(), timer_.get(), EPOLLIN, &timer_mark);
  add(epoll_.get(), wake_.get(), EPOLLIN, &wake_mark);
}

void event_loop::watch_connection(int socket, watcher& who) {
  add(epoll_.get(), socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &who);
}

void event_loop::watch_reads(int socket, watcher& who) { add(epoll_.get(), socket, EPOLLIN, &who); }

void event_loop::forget(int socket) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
}

void event_loop::again(watcher& who) {
  if (who.again_ == watcher::queued::no) {
    who.again_ = watcher::queued::yes;
    again_.push_back(&who);
  }
}

void event_loop::retire(std::unique_ptr<watcher> who) {
  if (who->again_ == watcher::queued::yes) {
    std::erase(again_, who.get());
  }
  retired_.push_back(std::move(who));
}

void event_loop::arm(alarm& which, instant due) {
  if (which.due_ == due) {
    return;
  }
  disarm(which);
  if (due != never) {
    which.due_ = due;
    alarms_.emplace(due, &which);
  }
}

void event_loop::disarm(alarm& which) noexcept {
  if (which.due_ != never) {
    alarms_.erase({which.due_, &which});
    which.due_ = never;
  }
}

void event_loop::post(std::function<void()> task) {
  {
    scoped_lock const held{posted_mutex_};
    posted_.push_back(std::move(task));
  }
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const size = ::write(wake_.get(), &one, sizeof one);
}

void event_loop::stop() {
  stopping_.store(true, std::memory_order_release);
  post([] {});
}

void event_loop::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    round(duration::max());
  }
  auto const give_up = read_clock() + std::chrono::milliseconds{100};
  do {
    round(duration::zero());
  } while (!idle_round_ && now_ < give_up);
}

void event_loop::round(duration longest_wait) {
  set_timer();
  std::array<epoll_event, 128> events;
  int const timeout = again_.empty() && longest_wait != duration::zero() ? -1 : 0;
  int const count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  if (count < 0 && errno != EINTR) {
    fail("cannot wait for sockets");
  }
  now_ = read_clock();
  idle_round_ = count <= 0 && again_.empty();
  go_off();
  std::vector<watcher*> others;
  others.swap(again_);
  for (int i = 0; i < count; ++i) {
    auto const& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &timer_mark) {
      drain(timer_.get());
      timer_due_ = never;
    } else if (event.data.ptr == &wake_mark) {
      drain(wake_.get());
      run_posted();
    } else {
      static_cast<watcher*>(event.data.ptr)->on_ready(event.events);
    }
  }
  for (auto* const who : others) {
    who->again_ = watcher::queued::no;
    who->on_ready(0);
  }
  retired_.clear();
}

void event_loop::set_timer() {
  auto const due = alarms_.empty() ? never : alarms_.begin()->first;
  // An alarm that was disarmed leaves the timer as it is: a round too many costs less than a call
  // for every change.
  if (due >= timer_due_) {
    return;
  }
  auto const since_epoch = std::max(due.time_since_epoch(), duration{1});
  auto const seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (since_epoch - seconds).count();
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) {
    fail("cannot set a timer");
  }
  timer_due_ = due;
}

void event_loop::go_off() {
  while (!alarms_.empty() && alarms_.begin()->first <= now_) {
    auto* const which = alarms_.begin()->second;
    alarms_.erase(alarms_.begin());
    which->due_ = never;
    which->on_alarm();
  }
}

void event_loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    scoped_lock const held{posted_mutex_};
    tasks.swap(posted_);
  }
  for (auto const& task : tasks) {
    task();
  }
}

} // namespace conecta::wire
