#pragma once

// A listening TCP socket whose port stays ours while it is closed: a second socket,
// bound but never listening, keeps it. Meanwhile the kernel refuses connections to it.
//
// At the limit of descriptors it pauses for 10 ms instead of spinning. Thread safety: the loop's.

#include "wire/address.hpp"
#include "wire/descriptor.hpp"
#include "wire/event_loop.hpp"

#include <cstdint>
#include <functional>

namespace conecta::wire {

class listener final : public event_loop::watcher, private event_loop::alarm {
 public:
  using accepted = std::function<void(descriptor)>;

  /// Listens, on a free port if that of `at` is 0; throws std::system_error. `then` gets every
  /// connection, non-blocking and with TCP_NODELAY.
  listener(event_loop& loop, address const& at, accepted then);
  ~listener() override { loop_->disarm(*this); }

  [[nodiscard]] address const& where() const noexcept { return where_; }

  /// Listens again, or tries it every 10 ms while there are too few descriptors.
  void open() noexcept;
  /// From now on the kernel refuses; connections that wait to be accepted are reset.
  void close() noexcept;
  /// From now on connections are neither made nor refused: the kernel drops what asks for one,
  /// because its queue is full. Those that wait to be accepted are.
  void hang() noexcept;

 private:
  void on_ready(std::uint32_t events) override;
  void on_alarm() override;
  void listen();
  void unplug() noexcept;
  [[nodiscard]] bool is_plug(descriptor const& connection) const;

  event_loop* loop_;
  accepted then_;
  descriptor reserve_;
  descriptor socket_;
  address where_;
  descriptor plug_; ///< a connection of ours that takes the only place in the queue
  enum class state : std::uint8_t { closed, open, hanging } wanted_ = state::open;
};

/// Closes with a RST in place of a FIN.
void close_with_reset(descriptor& socket) noexcept;

void disable_nagle(int socket) noexcept;

} // namespace conecta::wire
