#pragma once

// One request and its reply over one connection, without waiting: it says what to wait for, and is
// told when the socket is ready. The exchange of a load and the check of a pool are both made of
// it. Where a client library holds the session, what is sent is a statement, nothing a ping, and
// the reply is the first value of the first row.
//
// A reply is hostile until it is framed: at most 1 MiB is taken, and bytes beyond its end, or there
// before anything was sent, make the connection one that must not be used again.

#include "net/connection.hpp"
#include "net/error_kind.hpp"
#include "net/framing.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace conecta::net {

enum class step : std::uint8_t { send, receive, expect };

/// How it ended. The connection goes back to the pool, or says why it cannot.
struct outcome {
  enum class after : std::uint8_t { reusable, stale, broken };

  std::optional<error_kind> failed; ///< none: the reply was the expected one
  step at = step::send;             ///< where it failed
  after left = after::reusable;
  std::string detail; ///< raw, may quote the peer; empty for a success
};

/// What a request is counted as.
enum class purpose : std::uint8_t { request, check };

class dialogue {
 public:
  enum class next : std::uint8_t { wait_readable, wait_writable, done };

  /// All of it outlives the dialogue.
  struct script {
    std::string_view send;
    reply_framing const* reply = nullptr;
    expectation const* expect = nullptr;
    purpose counted_as = purpose::request;
  };

  [[nodiscard]] next begin(connection& over, script what);
  /// The socket is ready for what was waited for.
  [[nodiscard]] next ready();
  /// Ends it, where it stands: no answer in time, or the caller gave up.
  void abandon(error_kind why);

  [[nodiscard]] outcome const& result() const noexcept { return result_; }
  /// The framed reply of one that did not fail before it was complete.
  [[nodiscard]] std::string_view reply() const noexcept {
    return std::string_view{buffer_}.substr(0, reply_size_);
  }
  /// How many bytes the peer sent, complete or not.
  [[nodiscard]] std::size_t received() const noexcept { return received_; }

 private:
  next ask();
  next hear();
  next take(client_answer answer);
  next expect(outcome::after left);
  next send_first();
  next send_rest();
  void count_as_sent() noexcept;
  next receive();
  next judge(frame_result framed);
  next fail(step at, error_kind kind, std::string detail, outcome::after left);
  next fail_with_errno(step at);

  connection* over_ = nullptr;
  script script_;
  std::optional<framer> framer_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  std::size_t reply_size_ = 0;
  std::string buffer_;
  outcome result_;
};

} // namespace conecta::net
