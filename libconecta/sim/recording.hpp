#pragma once

// What a real pool's core was told and what it decided, written down so that replay() reads it.
//
// Kept up to a number of events, from the first on: a trace has to begin where the pool began.
// Thread safety: written under the pool's lock, which orders it; text() when the pool is quiet.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace conecta::sim {

class recording {
 public:
  explicit recording(std::size_t most_events);
  ~recording();
  recording(recording const&) = delete;
  recording& operator=(recording const&) = delete;

  /// The pool that this thread builds while one of these lives is the one that is recorded, and
  /// must end before the recording does.
  class listening {
   public:
    explicit listening(recording& to);
    ~listening();
    listening(listening const&) = delete;
    listening& operator=(listening const&) = delete;
  };

  /// Events so far, kept or not.
  [[nodiscard]] std::uint64_t events() const noexcept;
  /// The first `up_to` of them as a trace; empty if not so many were kept.
  [[nodiscard]] std::string text(std::uint64_t up_to) const;

 private:
  class book;
  std::unique_ptr<book> book_;
};

} // namespace conecta::sim
