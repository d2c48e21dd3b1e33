#pragma once

// What a pool tells whoever watches it. Derive from pool_observer, override what is of interest,
// and put it into pool_options::observer.
//
// Thread safety: called from any thread, several at once, after the pool's lock was let go: an
// observer may call the pool, and close or destroy it: neither waits then. It is told before what
// it hears of has any effect, so it should be quick; events of one resource come in their order,
// those of different ones may not. Errors: what an observer throws is dropped, and counted in
// pool_stats::observer_errors.

#include <conecta/stats.hpp>
#include <conecta/time.hpp>

#include <boost/system/error_code.hpp>

#include <source_location>
#include <string_view>

namespace conecta {

/// A lease that is out: who asked for it, and since when it is held.
struct lease_info {
  std::source_location where;
  std::string_view tag; ///< acquire_options::tag
  instant since;
  bool overdue = false; ///< held for longer than leak_threshold
};

class pool_observer {
 public:
  virtual ~pool_observer() = default;

  virtual void opened(duration took) { static_cast<void>(took); }
  virtual void open_failed(boost::system::error_code why, std::string_view detail, duration took) {
    static_cast<void>(why), static_cast<void>(detail), static_cast<void>(took);
  }
  /// Every lease; `waited` is 0 for one that was served at once.
  virtual void acquired(duration waited) { static_cast<void>(waited); }
  /// A caller that had waited and got nothing.
  virtual void waited(duration waited, boost::system::error_code why) {
    static_cast<void>(waited), static_cast<void>(why);
  }
  virtual void returned(duration used) { static_cast<void>(used); }
  /// A check that has ended, the first of a resource (0) or a retry.
  virtual void checked(bool ok, unsigned failures_so_far) {
    static_cast<void>(ok), static_cast<void>(failures_so_far);
  }
  virtual void closed(close_reason reason) { static_cast<void>(reason); }
  /// Held for longer than leak_threshold.
  virtual void leaked(lease_info const& which) { static_cast<void>(which); }
  /// Held for longer than reclaim_after: its place may be taken.
  virtual void reclaimed(lease_info const& which) { static_cast<void>(which); }
  /// One that was reported as leaked has ended.
  virtual void came_back(lease_info const& which, duration held) {
    static_cast<void>(which), static_cast<void>(held);
  }
};

} // namespace conecta
