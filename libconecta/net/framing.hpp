#pragma once

// Where a reply ends, and whether it is the one that was wanted. Pure: bytes in, a verdict out; the
// sockets and the deadline belong to the caller. Replies are hostile until they are judged here:
// none longer than max_reply_size is taken, and matching a regex costs a bounded number of steps.
//
// Thread safety: a framing and an expectation are values that many threads may read; a framer
// belongs to one exchange.

#include "net/http_scanner.hpp"
#include "net/resp_scanner.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace conecta::net {

inline constexpr std::size_t max_reply_size = std::size_t{1} << 20;

struct until_delimiter { ///< the reply ends with this text, which is part of it
  std::string delimiter;
  bool operator==(until_delimiter const&) const = default;
};
struct exact_bytes { ///< the reply is this long
  std::size_t count = 0;
  bool operator==(exact_bytes const&) const = default;
};
struct as_sent { ///< the reply is as long as the request was
  bool operator==(as_sent const&) const = default;
};
struct until_close { ///< the reply ends where the server closes
  bool operator==(until_close const&) const = default;
};
struct no_reply { ///< nothing is read
  bool operator==(no_reply const&) const = default;
};
struct one_datagram { ///< whatever one datagram holds
  bool operator==(one_datagram const&) const = default;
};
struct beginning { ///< the reply ends where it is clear whether it begins with this text
  std::string text;
  bool operator==(beginning const&) const = default;
};
struct resp_reply { ///< one of Redis
  bool operator==(resp_reply const&) const = default;
};
struct http_response {
  http_scanner::asked how = http_scanner::asked::with_body;
  bool operator==(http_response const&) const = default;
};
struct client_value { ///< the first value of what a client library hands on
  bool operator==(client_value const&) const = default;
};
using reply_framing =
    std::variant<until_delimiter, exact_bytes, as_sent, until_close, no_reply, one_datagram,
                 beginning, resp_reply, http_response, client_value>;

enum class frame_status {
  need_more,
  complete,
  oversized, ///< over max_reply_size, and no end in sight
  truncated, ///< the server closed before the end
  malformed, ///< it does not begin as the protocol has it
};

struct frame_result {
  frame_status status = frame_status::need_more;
  std::size_t length = 0; ///< of a complete reply; what was received beyond it is unasked for
  bool last = false;      ///< the server said that it closes after it
  bool operator==(frame_result const&) const = default;
};

/// Follows one reply as it arrives. It remembers how far it has searched, so that a reply that
/// comes byte by byte costs no more than one that comes whole.
class framer {
 public:
  /// `framing` outlives the framer. `request_size` is what as_sent waits for.
  framer(reply_framing const& framing, std::size_t request_size) noexcept;
  framer(reply_framing&&, std::size_t) = delete;

  /// `received` is everything received so far for this reply, what was shown before included.
  [[nodiscard]] frame_result examine(std::string_view received);

  /// The server closed after `received`: complete for until_close, else complete or truncated.
  [[nodiscard]] frame_result examine_at_end(std::string_view received);

 private:
  reply_framing const* framing_;
  std::size_t request_size_;
  std::size_t searched_ = 0;
  std::variant<std::monostate, resp_scanner, http_scanner> scanner_;
};

/// A pattern in Perl's syntax, searched for anywhere in the reply. Copies share what was compiled.
class pattern {
 public:
  /// Nothing and an `error` for a pattern that does not compile.
  [[nodiscard]] static std::optional<pattern> compile(std::string text, std::string& error);

  /// False also for a search that costs too many steps.
  [[nodiscard]] bool found_in(std::string_view bytes) const noexcept;
  [[nodiscard]] std::string const& text() const noexcept { return text_; }
  bool operator==(pattern const& other) const noexcept { return text_ == other.text_; }

 private:
  struct compiled;
  pattern(std::string text, std::shared_ptr<compiled const> program);

  std::string text_;
  std::shared_ptr<compiled const> program_;
};

/// What a framed reply must look like; all that is given must hold.
struct expectation {
  std::optional<std::string> equals;
  std::optional<std::string> prefix;
  std::optional<pattern> regex;
  std::optional<std::size_t> min_bytes;
  bool same_as_sent = false;
  bool no_resp_error = false; ///< it is none of Redis' errors
  bool http_success = false;  ///< its status is 200 to 399

  [[nodiscard]] bool empty() const noexcept;
  bool operator==(expectation const&) const = default;
};

enum class match_failure {
  none,
  not_equal,
  no_prefix,
  no_regex_match,
  too_short,
  not_as_sent,
  resp_error,
  http_status,
};

/// The first part of `wanted` that `reply` does not meet. `request` is what was sent.
[[nodiscard]] match_failure mismatch(expectation const& wanted, std::string_view request,
                                     std::string_view reply) noexcept;

/// One line for a report: "does not begin with ...". The reply itself is left to the caller, who
/// makes it safe to print.
[[nodiscard]] std::string describe(match_failure failure, expectation const& wanted);

} // namespace conecta::net
