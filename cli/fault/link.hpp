#pragma once

// One client's connection through the TCP relay: two sockets and the bytes between them.
//
// Ends are passed on as they come: a FIN closes one direction after its last byte, a reset tears
// down the other socket with a reset. Memory is bounded: a direction holds 256 KiB that its reader
// does not take, or 16 MiB that a latency keeps back, and then reads no more.
//
// Thread safety: the relay's thread only.

#include "fault/schedule.hpp"
#include "wire/address.hpp"
#include "wire/descriptor.hpp"
#include "wire/event_loop.hpp"
#include "wire/outbox.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace conecta::fault {

class link;

/// What links share.
struct link_context {
  wire::event_loop& loop;
  schedule& faults;
  std::function<void(link&)> ended; ///< is to retire it
  std::array<char, 65536> scratch;
};

class link final : public wire::event_loop::watcher, private wire::event_loop::alarm {
 public:
  /// Connects to `upstream`. Throws std::system_error.
  link(link_context& shared, std::uint64_t number, wire::descriptor client,
       wire::address const& upstream);
  ~link() override { shared_->loop.disarm(*this); }

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] instant opened() const noexcept { return opened_; }

  /// A window of `reset` with after_bytes begins: replies count from here.
  void count_replies_for(std::size_t fault);
  /// The client gets a reset now; the upstream socket is closed.
  void reset_client();

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
  enum class ending : std::uint8_t {
    none,
    fin,
    reset,    ///< the sender reset it
    injected, ///< a fault resets the client behind the last byte
  };
  struct stream {
    side* from;
    side* to;
    direction towards;
    wire::outbox queue;
    ending end = ending::none;
    bool fin_passed = false;
    std::uint64_t chunks = 0;
    std::uint64_t bytes = 0;
  };
  struct reply_mark {
    std::size_t fault;
    std::uint64_t bytes; ///< of reply before the window
  };

  void on_ready(std::uint32_t events) override;
  void on_alarm() override { go_on(); }

  [[nodiscard]] bool connected();
  void go_on();
  void flush(stream& which);
  void read(stream& which);
  void pass(stream& which, std::string_view bytes);
  [[nodiscard]] std::size_t bytes_before_reset(stream& which, std::size_t count);
  [[nodiscard]] duration delay_of(stream& which);
  [[nodiscard]] bool is_full(stream const& which) const noexcept;
  [[nodiscard]] stream& opposite(stream const& which) noexcept {
    return &which == &down_ ? up_ : down_;
  }
  [[nodiscard]] bool settle();
  void set_alarm();
  void finish();

  link_context* shared_;
  std::uint64_t number_;
  instant opened_;
  side client_{*this};
  side server_{*this};
  stream down_{&server_, &client_, direction::downstream, {}};
  stream up_{&client_, &server_, direction::upstream, {}};
  std::vector<reply_mark> marks_;
  std::size_t resetting_fault_ = 0; ///< where the end is `injected`
  enum class phase : std::uint8_t { connecting, open, over } phase_ = phase::connecting;
};

} // namespace conecta::fault
