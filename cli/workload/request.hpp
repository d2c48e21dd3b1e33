#pragma once

// One request as a scenario describes it: the bytes to send, where its reply ends, what it must
// look like. Pure data; the same sequence number and seed always render to the same bytes.
//
// Thread safety: values; many threads may render one payload at once.

#include "net/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conecta::workload {

struct literal_piece { ///< these bytes
  std::string bytes;
  bool operator==(literal_piece const&) const = default;
};
struct nonce_piece { ///< {{nonce}}: 16 hex digits, the same everywhere in one request, never twice
  bool operator==(nonce_piece const&) const = default;
};
struct sequence_piece { ///< {{seq}}: the request's number, from 0
  bool operator==(sequence_piece const&) const = default;
};
struct random_piece { ///< so many random bytes, drawn anew for each request
  std::size_t count = 0;
  bool operator==(random_piece const&) const = default;
};
struct counted_piece { ///< what the next so many pieces render to, with its length before it
  enum class as : std::uint8_t {
    resp_string, ///< "$5\r\n", the bytes, "\r\n"
    http_body,   ///< "Content-Length: 5\r\n\r\n", the bytes
  } how = as::resp_string;
  std::size_t pieces = 0;
  bool operator==(counted_piece const&) const = default;
};
using payload_piece =
    std::variant<literal_piece, nonce_piece, sequence_piece, random_piece, counted_piece>;

struct payload {
  std::vector<payload_piece> pieces;
  bool operator==(payload const&) const = default;
};

/// The payload that is exactly these bytes.
[[nodiscard]] payload literal_payload(std::string bytes);

/// Adds the pieces of `what` after those of `to`.
void append(payload& to, payload what);

/// Splits text at {{nonce}} and {{seq}}; `{{{{` is a literal `{{`. Nothing, and an `error` that
/// quotes the template, for another name or one that does not end.
[[nodiscard]] std::optional<payload> parse_template(std::string_view text, std::string& error);

/// What makes one request different from the others of a run.
struct request_identity {
  std::uint64_t seed = 0;     ///< of the run
  std::uint64_t sequence = 0; ///< of the request, distinct within a run
};

/// The number behind its {{nonce}}. sequence_of is the inverse: whoever meets a nonce again knows
/// whose it is, without having remembered it.
[[nodiscard]] std::uint64_t nonce_of(request_identity identity) noexcept;
[[nodiscard]] std::uint64_t sequence_of(std::uint64_t nonce, std::uint64_t seed) noexcept;

/// How a nonce is written: so many lower case hex digits.
inline constexpr std::size_t nonce_digits = 16;
void append_nonce(std::uint64_t nonce, std::string& out);

/// Replaces `out` by the bytes to send; reuses its capacity.
void render(payload const& what, request_identity identity, std::string& out);

/// The longest that render can make it.
[[nodiscard]] std::size_t largest_size(payload const& what) noexcept;

[[nodiscard]] bool holds_nonce(payload const& what) noexcept;

/// Whether replies can be told apart, that is whether a {{nonce}} or {{seq}} is in it.
[[nodiscard]] bool names_its_request(payload const& what) noexcept;

struct request_spec {
  std::string name;
  std::vector<std::size_t> endpoints; ///< indices of the scenario's endpoints; never empty
  payload send;
  net::reply_framing reply = net::one_datagram{}; ///< on TCP; on UDP no_reply, else one_datagram
  net::expectation expect;                        ///< same_as_sent where the reply is an echo

  /// What ends the reply where every reply is a datagram.
  [[nodiscard]] net::reply_framing datagram_reply() const {
    return std::holds_alternative<net::no_reply>(reply) ? net::reply_framing{net::no_reply{}}
                                                        : net::reply_framing{net::one_datagram{}};
  }
};

} // namespace conecta::workload
