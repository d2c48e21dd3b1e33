#pragma once

// One client's connection through the TCP relay: two sockets and the bytes between them, through
// the effects of the faults that are about it.
//
// Ends are passed on as they come: a FIN closes one direction after its last byte, a reset tears
// down the other socket with a reset. Memory is bounded: a direction holds 256 KiB that its reader
// does not take, or 16 MiB that a latency keeps back, and then reads no more.
//
// Thread safety: the relay's thread only.

#include "fault/effect.hpp"
#include "fault/hold.hpp"
#include "fault/late_queue.hpp"
#include "fault/relay.hpp"
#include "wire/address.hpp"
#include "wire/descriptor.hpp"
#include "wire/event_loop.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace conecta::fault {

class link;

inline constexpr int reads_at_once = 16; ///< then other links get their turn

/// What links share.
struct link_context {
  wire::event_loop& loop;
  schedule& faults;
  wire::address upstream;
  traffic& counts;
  std::function<void(link&)> ended;  ///< is to retire it
  std::function<void()> turned_away; ///< one more, for want of a descriptor
  std::array<char, 65536> scratch;
};

class link final : public wire::event_loop::watcher, private wire::event_loop::alarm {
 public:
  link(link_context& shared, std::uint64_t number, wire::descriptor client);
  ~link() override { shared_->loop.disarm(*this); }

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] instant opened() const noexcept { return opened_; }

  /// Begins it; the link may be over after that.
  void add(std::unique_ptr<effect> made);
  /// The fault's window has closed.
  void remove(std::size_t fault);
  /// The fault is gone: what it delays goes on its way.
  void release(std::size_t fault);
  /// The plan was exchanged; see relay::on_renumbered.
  void renumber(std::span<std::size_t const> before);
  /// After the effects that it begins with: goes on to the server, as soon as they let it.
  void start();

 private:
  /// One of the two sockets.
  struct side final : wire::event_loop::watcher {
    explicit side(link& of) noexcept : owner{&of} {}
    void on_ready(std::uint32_t events) override;

    link* owner;
    wire::descriptor socket;
    bool readable = false;
    bool hung_up = false; ///< its end has arrived; read until it shows
    bool failed = false;  ///< it takes no more
  };
  struct stream {
    side* from;
    side* to;
    direction towards;
    late_queue queue;
    ending end = ending::none;
    std::optional<std::size_t> ended_by{}; ///< the fault, where one injected the end
    hold end_due{};                        ///< not passed on before
    bool fin_passed = false;
    std::uint64_t chunks = 0;
    std::uint64_t bytes = 0; ///< that were let in
  };

  void on_ready(std::uint32_t events) override;
  void on_alarm() override { go_on(); }

  void connect();
  [[nodiscard]] bool connected();
  void find_unreachable(int obstacle);
  void go_on();
  void go_on_waiting();
  void flush(stream& which);
  wire::sending send_from_queue(stream& which, std::size_t most);
  void flush_in_portions(stream& which);
  void read(stream& which);
  void discard_from_client();
  void pass(stream& which, std::span<char> bytes);
  void send_or_queue(stream& which, std::string_view bytes, hold const& held);
  void find_request(direction towards);
  [[nodiscard]] passage passage_of(stream const& which) const noexcept;
  [[nodiscard]] bool is_full(stream const& which) const noexcept;
  [[nodiscard]] bool is_blocked(direction towards) const noexcept;
  [[nodiscard]] bool holds_end(stream const& which) const noexcept;
  [[nodiscard]] stream& opposite(stream const& which) noexcept {
    return &which == &down_ ? up_ : down_;
  }
  [[nodiscard]] bool settle();
  [[nodiscard]] bool settle(stream& which);
  void set_alarm();
  void count_end(stream const& which);
  void fail(side& which) noexcept;
  void reset(side& which);
  void close_client();
  void finish();

  link_context* shared_;
  std::uint64_t number_;
  instant opened_;
  hold connects_at_;
  side client_{*this};
  side server_{*this};
  stream down_{&server_, &client_, direction::downstream, {}};
  stream up_{&client_, &server_, direction::upstream, {}};
  std::uint64_t request_ = 0;
  std::uint64_t reply_from_ = 0; ///< `down_.bytes` when it began
  std::vector<std::unique_ptr<effect>> effects_;
  enum class phase : std::uint8_t {
    waiting, ///< not connected yet, for a fault
    connecting,
    open,
    closing, ///< the client got a FIN, the server is gone
    over,
  } phase_ = phase::waiting;
};

} // namespace conecta::fault
