#pragma once

// A dialogue that waits, for callers who have many and allocate for none: one object is used again
// and again, and its listener is called when each is over, from the io_context and never from
// inside start.
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

class exchange final : private waiter {
 public:
  exchange(boost::asio::any_io_executor on, exchange_listener& listener)
      : executor_{std::move(on)}, listener_{listener} {}

  /// REQUIRES: none is running. `over` and what the script points to outlive it.
  void start(connection& over, dialogue::script what);
  /// Ends it with `why`; the listener is told soon. Without effect if none is running.
  void cancel(error_kind why);

  [[nodiscard]] bool running() const noexcept { return over_ != nullptr; }
  [[nodiscard]] std::string_view reply() const noexcept { return dialogue_.reply(); }

 private:
  void ready() override;
  /// True: it is over.
  [[nodiscard]] bool go_on(dialogue::next what);
  void finish();
  void finish_soon();

  boost::asio::any_io_executor executor_;
  exchange_listener& listener_;
  dialogue dialogue_;
  connection* over_ = nullptr;
};

} // namespace conecta::net
