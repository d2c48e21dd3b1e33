#pragma once

// Bytes of one direction on their way through a relay, in their order, each chunk held as long as
// the faults say that hold it. A fault that goes lets go of what it held; others hold on.
//
// Not thread-safe.

#include "fault/hold.hpp"
#include "wire/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace conecta::fault {

class late_queue {
 public:
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// See outbox.
  [[nodiscard]] instant next_due() const noexcept { return bytes_.next_due(); }
  [[nodiscard]] std::size_t due(instant now) const noexcept { return bytes_.due(now); }

  void push(std::string_view bytes, hold const& held);
  [[nodiscard]] wire::sending flush(int socket, instant now, std::size_t most = std::string::npos);
  void clear() noexcept;

  /// See hold.
  void release(std::size_t fault);
  void renumber(std::span<std::size_t const> before);

 private:
  /// Bytes, counted from the first that was ever pushed.
  struct held_chunk {
    std::uint64_t begin;
    std::uint64_t end;
    hold held;
  };

  [[nodiscard]] std::uint64_t sent() const noexcept { return pushed_ - bytes_.size(); }
  void time_again();

  wire::outbox bytes_;
  std::uint64_t pushed_ = 0;
  std::deque<held_chunk> held_; ///< of those that have not left
};

} // namespace conecta::fault
