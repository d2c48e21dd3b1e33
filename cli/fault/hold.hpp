#pragma once

// Until when something is held back, and by which faults, so that one of them can let go of its
// part. Pure; not thread-safe.

#include <conecta/time.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace conecta::fault {

class hold {
 public:
  /// By nobody so far.
  explicit hold(instant from = {}) noexcept : until_{from} {}

  void add(std::size_t fault, duration by);
  [[nodiscard]] instant until() const noexcept { return until_; }
  [[nodiscard]] bool is_held() const noexcept { return !parts_.empty(); }
  /// The fault is gone. Returns whether it held this.
  bool release(std::size_t fault);
  /// What was the fault `before[i]` is now the fault `i`; of others nothing can be released any
  /// more.
  void renumber(std::span<std::size_t const> before);

 private:
  struct part {
    std::size_t fault;
    duration by;
  };

  instant until_;
  std::vector<part> parts_;
};

} // namespace conecta::fault
