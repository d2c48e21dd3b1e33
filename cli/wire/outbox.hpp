#pragma once

// Bytes on their way into a socket, each chunk not before its time, all in their order. What is
// late delays what comes behind it, but does not slow it down: everything due leaves at once.
//
// Its size is bounded by whoever fills it: see size(). Not thread-safe.

#include <conecta/time.hpp>

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace conecta::wire {

enum class sending : unsigned char {
  done,    ///< nothing is left
  waiting, ///< the rest is not due before next_due(), or was not asked for
  blocked, ///< the socket takes no more for now
  failed,  ///< the socket takes no more at all
};

class outbox {
 public:
  struct chunk {
    instant due;
    std::size_t length;
  };

  [[nodiscard]] bool empty() const noexcept { return chunks_.empty(); }
  /// Bytes that have not left yet.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - sent_; }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return std::string_view{bytes_}.substr(sent_);
  }
  /// When the first of them may leave; not for an empty outbox.
  [[nodiscard]] instant next_due() const noexcept { return chunks_.front().due; }

  void push(std::string_view bytes, instant due);
  /// Bytes that may leave at `now`.
  [[nodiscard]] std::size_t due(instant now) const noexcept;
  /// Sends what is due at `now`, `most` bytes of it.
  [[nodiscard]] sending flush(int socket, instant now, std::size_t most = std::string::npos);
  void clear() noexcept;
  /// Other times for what is there. REQUIRES: as long together as it is, no due before another.
  void time_again(std::span<chunk const> chunks);

 private:
  void drop_sent();

  std::deque<chunk> chunks_;
  std::string bytes_;
  std::size_t sent_ = 0; ///< of bytes_
};

/// Sends at once what the socket takes; the number of bytes taken, or nothing where it failed.
struct sent_now {
  sending how = sending::done;
  std::size_t count = 0;
};
[[nodiscard]] sent_now send_now(int socket, std::string_view bytes) noexcept;

} // namespace conecta::wire
