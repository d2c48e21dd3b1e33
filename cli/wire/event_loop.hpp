#pragma once

// One thread's waiting: sockets over epoll, alarms over one timerfd, and tasks from other threads.
// The embedded servers and the relays run on it, one loop and one thread each, so that nothing of
// theirs needs a lock.
//
// Alarms go off 20 to 60 us after their time (a timerfd is not subject to timer slack), and before
// the sockets that were found ready together with them.
//
// Thread safety: post() and stop() may be called from any thread, everything else only on the
// thread that runs the loop or while no thread does.

#include "base/mutex.hpp"
#include "wire/descriptor.hpp"

#include <conecta/time.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace conecta::wire {

class event_loop {
 public:
  /// Is told that its descriptor is ready. To be destroyed by retire() once it has been watched:
  /// events for it may already have been fetched.
  class watcher {
   public:
    virtual ~watcher() = default;
    virtual void on_ready(std::uint32_t events) = 0;

   private:
    friend class event_loop;
    enum class queued : std::uint8_t { no, yes } again_ = queued::no;
  };

  /// Goes off once, at or after the instant that it is armed for. Disarm before destruction.
  class alarm {
   public:
    virtual void on_alarm() = 0;
    [[nodiscard]] instant due() const noexcept { return due_; }

   protected:
    ~alarm() = default;

   private:
    friend class event_loop;
    instant due_ = never;
  };

  /// An alarm that calls a function.
  class calling_alarm final : public alarm {
   public:
    explicit calling_alarm(std::function<void()> then) : then_{std::move(then)} {}

   private:
    void on_alarm() override { then_(); }
    std::function<void()> then_;
  };

  event_loop(); ///< throws std::system_error
  event_loop(event_loop const&) = delete;
  event_loop& operator=(event_loop const&) = delete;

  /// Reports every change (edge-triggered) of a connection: bytes, room to write, its end.
  void watch_connection(int socket, watcher& who);
  /// Reports for as long as something can be read (level-triggered). Throws std::system_error.
  void watch_reads(int socket, watcher& who);
  void forget(int socket) noexcept;
  /// Calls `who.on_ready(0)` in the next round: for a watcher that gives way to the others.
  void again(watcher& who);
  /// Destroys `who` at the end of this round.
  void retire(std::unique_ptr<watcher> who);

  void arm(alarm& which, instant due);
  void disarm(alarm& which) noexcept;

  /// The time at which this round began.
  [[nodiscard]] instant now() const noexcept { return now_; }

  void post(std::function<void()> task);
  /// run() returns when nothing more is ready, after 100 ms at the latest.
  void stop();
  void run();

 private:
  void round(duration longest_wait);
  void set_timer();
  void go_off();
  void run_posted();

  descriptor epoll_;
  descriptor timer_;
  descriptor wake_;
  instant now_;
  instant timer_due_ = never;
  bool idle_round_ = false; ///< the last round found nothing to do
  std::set<std::pair<instant, alarm*>> alarms_;
  std::vector<watcher*> again_;
  std::vector<std::unique_ptr<watcher>> retired_;
  std::atomic<bool> stopping_{false};

  mutex posted_mutex_;
  std::vector<std::function<void()>> posted_ CONECTA_GUARDED_BY(posted_mutex_);
};

} // namespace conecta::wire
