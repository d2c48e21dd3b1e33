#pragma once

// A dialogue that waits through Asio, for callers who have many and allocate for none: one object
// is used again and again, and its listener is called when each is over, from the connection's
// executor and never from inside start.
//
// Deadlines are the caller's: cancel() ends the exchange that runs. Thread safety: one thread.

#include "net/dialogue.hpp"

namespace conecta::net {

class exchange_listener {
 public:
  virtual void exchanged(outcome const& how) = 0;

 protected:
  ~exchange_listener() = default;
};

class exchange {
 public:
  explicit exchange(exchange_listener& listener) : listener_{listener} {}
  exchange(exchange const&) = delete;
  exchange& operator=(exchange const&) = delete;

  /// REQUIRES: none is running. `over` and what the script points to outlive it.
  void start(connection& over, dialogue::script what);
  /// Ends it with `why`; the listener is told soon. Without effect if none is running.
  void cancel(error_kind why);

  [[nodiscard]] bool running() const noexcept { return over_ != nullptr; }
  [[nodiscard]] std::string_view reply() const noexcept { return dialogue_.reply(); }

 private:
  void wait(dialogue::next what);
  void finish();

  exchange_listener& listener_;
  dialogue dialogue_;
  connection* over_ = nullptr;
  std::optional<error_kind> cancelled_;
};

} // namespace conecta::net
