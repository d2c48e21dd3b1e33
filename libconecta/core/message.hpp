#pragma once

// What goes into the machine and what comes out. Both are plain values that compare and print; the
// text form (message_text.hpp) is what traces, failures and fuzz crashes are written in.

#include <conecta/ids.hpp>
#include <conecta/patience.hpp>
#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <variant>

namespace conecta::core {

// Events. A slot or ticket in one is what an action named; a stale one is refused, harmlessly.

/// A caller wants a resource until `deadline`; one at or before now does not wait.
struct acquire {
  instant deadline = never;
  friend bool operator==(acquire const&, acquire const&) = default;
};
struct cancel {
  ticket caller;
  friend bool operator==(cancel const&, cancel const&) = default;
};
/// A caller that was woken asks for what it was woken for.
struct retry {
  ticket caller;
  friend bool operator==(retry const&, retry const&) = default;
};
/// The caller that was granted this slot found the resource unusable before it had it: it is closed
/// as stale, and the caller is next in the queue, until its deadline.
struct spurn {
  slot_ref slot;
  instant deadline = never;
  friend bool operator==(spurn const&, spurn const&) = default;
};
/// A lease ends, and its resource can be lent again.
struct give_back {
  slot_ref slot;
  friend bool operator==(give_back const&, give_back const&) = default;
};
/// A lease ends, and its resource must be closed.
struct discard {
  slot_ref slot;
  close_reason reason = close_reason::broken;
  friend bool operator==(discard const&, discard const&) = default;
};
/// A lease ends, and its resource leaves the pool for good.
struct detach {
  slot_ref slot;
  friend bool operator==(detach const&, detach const&) = default;
};
/// Somebody brings a resource: takes a vacant slot, to be followed by `opened`.
struct reserve {
  friend bool operator==(reserve const&, reserve const&) = default;
};
struct opened {
  slot_ref slot;
  friend bool operator==(opened const&, opened const&) = default;
};
struct open_failed {
  slot_ref slot;
  friend bool operator==(open_failed const&, open_failed const&) = default;
};

enum class health : std::uint8_t {
  good,
  bad,
  unknown, ///< called off before its hook began: it is asked for again
};

struct checked {
  slot_ref slot;
  health found = health::good;
  friend bool operator==(checked const&, checked const&) = default;
};
struct reset_done {
  slot_ref slot;
  health found = health::good;
  friend bool operator==(reset_done const&, reset_done const&) = default;
};
struct closed {
  slot_ref slot;
  friend bool operator==(closed const&, closed const&) = default;
};
/// Time has passed: whatever is due by now is done.
struct tick {
  friend bool operator==(tick const&, tick const&) = default;
};
/// Close the pool: nothing is granted or opened any more.
struct drain {
  friend bool operator==(drain const&, drain const&) = default;
};

/// Hold at most so many. If there are more, idle ones are closed at once and others as they come
/// back. Refused if the options do not allow it.
struct resize {
  std::size_t max_size = 0;
  friend bool operator==(resize const&, resize const&) = default;
};
/// No resource of before is lent again: the idle are closed, others when they come back or arrive.
struct invalidate {
  friend bool operator==(invalidate const&, invalidate const&) = default;
};
/// Close what is idle.
struct evict_idle {
  friend bool operator==(evict_idle const&, evict_idle const&) = default;
};
/// Lend nothing until `resume`; those who wait keep their deadlines.
struct suspend {
  friend bool operator==(suspend const&, suspend const&) = default;
};
struct resume {
  friend bool operator==(resume const&, resume const&) = default;
};

using event = std::variant<acquire, cancel, retry, spurn, give_back, discard, detach, reserve,
                           opened, open_failed, checked, reset_done, closed, tick, drain, resize,
                           invalidate, evict_idle, suspend, resume>;

// Actions. The driver carries them out, in order, without the lock.

/// Run the open hook; answer opened or open_failed.
struct open {
  slot_ref slot;
  instant deadline;
  friend bool operator==(open const&, open const&) = default;
};
/// Run the check hook; answer checked.
struct check {
  slot_ref slot;
  unsigned failures_so_far;
  instant deadline;
  friend bool operator==(check const&, check const&) = default;
};
/// Run the reset hook; answer reset_done.
struct reset {
  slot_ref slot;
  instant deadline;
  friend bool operator==(reset const&, reset const&) = default;
};
/// Run the close hook and destroy the resource; answer closed.
struct close {
  slot_ref slot;
  close_reason reason;
  instant deadline;
  friend bool operator==(close const&, close const&) = default;
};
/// The hook of this slot has outlived its deadline, or the pool closes: ask it to stop.
struct interrupt {
  slot_ref slot;
  friend bool operator==(interrupt const&, interrupt const&) = default;
};
struct grant {
  ticket caller;
  slot_ref slot;
  friend bool operator==(grant const&, grant const&) = default;
};

/// Something can be lent: the caller may ask for it with `retry`, before another does.
struct wake {
  ticket caller;
  friend bool operator==(wake const&, wake const&) = default;
};

enum class reject_reason : std::uint8_t {
  closed,
  exhausted,
  timed_out,
  cancelled,
  queue_full,
  open_failed,
  suspended,
};
inline constexpr std::size_t reject_reason_count = 7;

struct reject {
  ticket caller;
  reject_reason reason;
  friend bool operator==(reject const&, reject const&) = default;
};
/// This lease is held for longer than leak_threshold.
struct overdue {
  slot_ref slot;
  friend bool operator==(overdue const&, overdue const&) = default;
};
/// This lease is held for longer than reclaim_after: its place may be taken.
struct reclaimed {
  slot_ref slot;
  friend bool operator==(reclaimed const&, reclaimed const&) = default;
};
/// A lease that was overdue has ended.
struct came_back {
  slot_ref slot;
  friend bool operator==(came_back const&, came_back const&) = default;
};
/// The pool is closed and every slot is vacant.
struct drained {
  friend bool operator==(drained const&, drained const&) = default;
};

using action = std::variant<open, check, reset, close, interrupt, grant, wake, reject, overdue,
                            reclaimed, came_back, drained>;

/// Eight fit without an allocation; an event rarely causes more.
using action_list = boost::container::small_vector<action, 8, patient_allocator<action>>;

/// Whether an event was about something that is so. What is refused changes nothing.
enum class receipt : std::uint8_t { accepted, refused };

} // namespace conecta::core
