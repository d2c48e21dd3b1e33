#pragma once

// What pool<T> and asio_pool<T> have in common: how their owner looks at them and steers them.
//
// Thread safety: every member may be called from any thread, hooks included.

#include <conecta/driver.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace conecta {

template <class Pool>
class pool_controls {
 public:
  /// An exact snapshot.
  [[nodiscard]] pool_stats stats() const { return engine_of()->stats(); }

  /// Who holds what, and since when; empty where pool_options::borrowers is off and nothing else
  /// needs to know. Costs O(max_size).
  [[nodiscard]] std::vector<lease_info> leases() const { return engine_of()->leases(); }

  /// How long waits, opens and leases took; empty unless pool_options::durations asks for it.
  [[nodiscard]] pool_durations durations() const { return engine_of()->durations(); }

  /// From now on at most `max_size` (min_idle to 16,777,216). If there are more, idle ones are
  /// closed at once and leases as they come back. Errors: closed, std::errc::invalid_argument.
  result<void> resize(std::size_t max_size) { return engine_of()->resize(max_size); }

  /// No resource of before is lent again: idle ones are closed at once, others when they come back
  /// or have opened. For credentials, addresses or settings that have changed.
  void invalidate() { engine_of()->invalidate(); }

  /// Closes what is idle; min_idle is opened anew. Returns how many.
  std::size_t evict_idle() { return engine_of()->evict_idle(); }

  /// Lends nothing until resume(). Callers wait, to their deadlines; those who do not wait get
  /// errc::suspended. Leases that are out are not touched.
  void suspend() { engine_of()->suspend(); }
  void resume() { engine_of()->resume(); }

 protected:
  pool_controls() = default;
  ~pool_controls() = default;
  pool_controls(pool_controls&&) noexcept = default;
  pool_controls& operator=(pool_controls&&) noexcept = default;

 private:
  /// Shared for as long as a call lasts: the observer, which is told in it, may destroy the pool.
  [[nodiscard]] std::shared_ptr<driver::engine> engine_of() const {
    return static_cast<Pool const&>(*this).shared_machinery();
  }
};

} // namespace conecta
