#pragma once

// An embedded server: it listens on loopback on a free port, unless told otherwise, and runs in a
// thread of its own until it is stopped. It counts what reaches it, so that what a client says can
// be checked to the unit. Faults that are its own to do open their windows once the run has begun.
//
// Thread safety: every method may be called from any thread. Memory is bounded for each
// connection: a request over 1 MiB closes it, and one that does not read its replies is not read.

#include "target/misbehaviour.hpp"
#include "target/target_options.hpp"
#include "wire/address.hpp"
#include "wire/loop_thread.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace conecta::target {

struct server_counts {
  std::uint64_t accepted = 0;    ///< connections, those over max_connections included
  std::uint64_t turned_away = 0; ///< of these: closed at once, over max_connections
  std::uint64_t requests = 0;    ///< whole frames, or datagrams
  std::uint64_t replies = 0;     ///< handed to the kernel to the last byte, or waiting to be
  std::uint64_t open = 0;        ///< connections at this moment
  bool operator==(server_counts const&) const = default;
};

class server {
 public:
  virtual ~server() = default;
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  [[nodiscard]] virtual wire::address address() const = 0;
  /// Exact once clients are done and stop() has returned; until then it lags behind.
  [[nodiscard]] virtual server_counts counts() const = 0;
  /// Takes in what has arrived, closes everything and joins. The counts stay.
  virtual void stop() = 0;

  /// The run starts at `origin`, from which the windows of its faults count. To be called once.
  void begin(instant origin) { faults_.begin(origin); }
  /// How often the fault struck; 0 for an unknown id.
  [[nodiscard]] std::uint64_t injected(std::string_view fault_id) const noexcept {
    return faults_.injected(fault_id);
  }
  [[nodiscard]] std::vector<fault::window_times> windows() const { return faults_.windows(); }

 protected:
  explicit server(fault::plan faults);

  [[nodiscard]] wire::event_loop& loop() noexcept { return thread_.loop(); }
  /// To be called when the derived class is complete; its destructor calls stop().
  void run(char const* thread_name) { thread_.start(thread_name); }
  /// What stop() begins with.
  void halt();

  [[nodiscard]] misbehaviour& faults() noexcept { return faults_; }

 private:
  virtual void go_down() = 0;
  virtual void come_up() = 0;
  /// Connections may be idle for too long, now.
  virtual void look_again() {}

  wire::loop_thread thread_;
  misbehaviour faults_;
};

/// Starts what the options describe; of the faults it does those of done_by::target.
/// Throws std::system_error where no socket can be had, and std::invalid_argument for options that
/// no server can follow.
[[nodiscard]] std::unique_ptr<server> start(target_options const& options,
                                            wire::address const& at = wire::address::loopback(),
                                            fault::plan faults = {});

} // namespace conecta::target
