#pragma once

// What one fault does to one TCP connection while its window is open. A connection has one effect
// for each fault that is about it, in the order of the scenario; each chunk that is read passes
// through all of them, and bytes leave when all of them let them. One family a file:
// damage_effects, pacing_effects, holding_effects and ending_effects; an effect does its own part
// and leaves the rest as it is.
//
// An effect that goes takes back what it holds, not what it has done. Thread safety: the relay's.

#include "fault/schedule.hpp"

#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace conecta::fault {

/// What ends a connection, or one direction of it.
enum class ending : std::uint8_t {
  none,
  fin,   ///< the sender's own
  reset, ///< the sender's own
  injected_reset,
  injected_close,
  injected_fin, ///< of this direction alone
};

/// What is known of one direction when a chunk of it has been read.
///
/// A request begins with the first bytes from the client after bytes from the server, or with its
/// very first ones; what comes from the server until the next one begins is its reply.
struct passage {
  draw_point point;             ///< `number` is the chunk's
  std::uint64_t taken = 0;      ///< bytes before this chunk that were let in
  std::uint64_t sent = 0;       ///< of these those that have left
  std::uint64_t request = 0;    ///< its number, told from 1; 0 before the first one
  std::uint64_t reply_from = 0; ///< where its reply began: `taken` at that time

  [[nodiscard]] bool is_down() const noexcept { return point.towards == direction::downstream; }
};

struct chunk {
  std::span<char> bytes; ///< may be changed, and be cut from behind
  std::string added;     ///< follows them
  duration delay{};
  ending end = ending::none; ///< behind them
  std::size_t ended_by = 0;  ///< the fault whose end it is
};

class effect {
 public:
  effect(schedule& faults, std::size_t fault) noexcept : faults_{&faults}, fault_{fault} {}
  virtual ~effect() = default;
  effect(effect const&) = delete;
  effect& operator=(effect const&) = delete;

  /// At the moment at which the connection and the window are both there for the first time: what
  /// ends at once, of the connection or of the directions that it is about.
  [[nodiscard]] virtual ending begin() { return ending::none; }
  /// A new connection goes on to the server so much later.
  [[nodiscard]] virtual duration connects_later() { return duration::zero(); }

  virtual void on_chunk(passage const&, chunk&) {}
  /// How many of `ready` bytes may leave at `now`; if none, not before wake_up().
  [[nodiscard]] virtual std::size_t allowance(passage const&, std::size_t ready, instant) {
    return ready;
  }
  [[nodiscard]] virtual instant wake_up(direction) const { return never; }
  /// So many have left, and so many are still ready.
  virtual void on_sent(passage const&, std::size_t, std::size_t /*ready*/, instant) {}
  /// So many bytes may be ready and not sent before no more are read.
  [[nodiscard]] virtual std::size_t most_ready(direction, std::size_t usual) const { return usual; }

  /// Nothing is read, sent or ended in this direction.
  [[nodiscard]] virtual bool blocks(direction) const { return false; }
  /// Ends wait.
  [[nodiscard]] virtual bool holds_end(passage const&) const { return false; }
  /// The sender's FIN is passed on so much later.
  [[nodiscard]] virtual duration ends_later(direction) { return duration::zero(); }

  [[nodiscard]] std::size_t fault() const noexcept { return fault_; }
  /// The plan was exchanged: there its number is this.
  void renumber(std::size_t fault) noexcept { fault_ = fault; }
  [[nodiscard]] bool is_about(direction towards) const noexcept {
    return spec().towards == direction::both || spec().towards == towards;
  }
  void count() noexcept { faults_->count(fault_); }

 protected:
  [[nodiscard]] plan const& what() const noexcept { return faults_->what(); }
  [[nodiscard]] fault_spec const& spec() const noexcept { return what()[fault_]; }
  /// Counts the connection, the first time that it is called.
  void count_once() noexcept {
    if (counted_ == counted::no) {
      counted_ = counted::yes;
      count();
    }
  }

 private:
  schedule* faults_;
  std::size_t fault_;
  enum class counted : std::uint8_t { no, yes } counted_ = counted::no;
};

/// Null for a type that does nothing to a single TCP connection.
[[nodiscard]] std::unique_ptr<effect> make_effect(schedule& faults, std::size_t fault);

// One for each family; null for other types.
[[nodiscard]] std::unique_ptr<effect> make_damage(schedule& faults, std::size_t fault);
[[nodiscard]] std::unique_ptr<effect> make_pacing(schedule& faults, std::size_t fault);
[[nodiscard]] std::unique_ptr<effect> make_holding(schedule& faults, std::size_t fault);
[[nodiscard]] std::unique_ptr<effect> make_ending(schedule& faults, std::size_t fault);

} // namespace conecta::fault
