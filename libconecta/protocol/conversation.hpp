#pragma once

// What is said to a server to learn how it is, and what its answers mean. Pure: bytes in, bytes and
// a verdict out; the sockets and the deadline belong to the caller (conduct.hpp). One file a
// protocol implements it.
//
// What is heard is hostile until it is understood: whoever reads never waits for more than
// most_heard bytes, and a length that the server declares is checked before anything waits for it.
//
// Thread safety: a conversation belongs to one connection.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::protocol {

/// Of one conversation; longer answers are refused.
inline constexpr std::size_t most_heard = 64 * 1024;

enum class standing : std::uint8_t {
  ready,   ///< it does its work
  unready, ///< it says that it does not, or not now
  denied,  ///< it wants credentials, or rejected those that were given
  foreign, ///< it speaks something else
};

/// How much is asked of a server; each includes those before it.
enum class level : std::uint8_t {
  connect,   ///< it accepts
  handshake, ///< it speaks the protocol, and says nothing against work
  auth,      ///< it accepts the credentials
  query,     ///< it answers a request of its users
};

struct verdict {
  standing is = standing::ready;
  std::string reason; ///< one word for a script: "loading", "saturated"; empty: ready
  std::string detail; ///< raw: what the server said
  bool operator==(verdict const&) const = default;
};

struct step {
  std::size_t used = 0;            ///< bytes of what was heard that are done with
  std::string say = {};            ///< to be sent now
  std::optional<verdict> end = {}; ///< none: it goes on
  bool operator==(step const&) const = default;
};

class conversation {
 public:
  virtual ~conversation() = default;

  /// What to say first; empty: the server begins.
  [[nodiscard]] virtual std::string begin() = 0;
  /// `unread` is all that came and was not used yet; never empty.
  [[nodiscard]] virtual step hear(std::string_view unread) = 0;
  /// What it means that the server closed before the end.
  [[nodiscard]] virtual verdict closed(std::string_view unread);
  /// Whether it may say what nobody asked for. If not, who does is not who it seems to be: what was
  /// there before the first question, or is left behind the last answer, makes it foreign.
  [[nodiscard]] virtual bool speaks_unasked() const { return false; }
  /// What is polite to say before hanging up, after a verdict.
  [[nodiscard]] virtual std::string farewell() { return {}; }
};

[[nodiscard]] verdict ready();
[[nodiscard]] verdict unready(std::string reason, std::string_view detail);
[[nodiscard]] verdict denied(std::string_view detail);
/// With the beginning of what it said.
[[nodiscard]] verdict foreign(std::string_view expected, std::string_view heard);

/// The line at the beginning of `text`, without its end ("\r\n" or "\n"); none if it is incomplete.
/// `size` becomes its length with the end.
[[nodiscard]] std::optional<std::string_view> first_line(std::string_view text, std::size_t& size);

} // namespace conecta::protocol
