#pragma once

// What an embedded TCP server says over one connection, without the socket: where requests end,
// what is answered, and what the protocol's own errors look like. One file a protocol implements
// it.
//
// What a client sends is hostile: a conversation reads no more than what it is shown, and ends with
// an error where that is not of its protocol. Thread safety: the server's thread.

#include "target/frames.hpp"
#include "target/target_options.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::target {

struct said {
  std::string_view bytes; ///< valid until the next call; empty: nothing is answered
  bool last = false;      ///< then the server closes
};

class conversation {
 public:
  virtual ~conversation() = default;

  /// Before the client has said anything.
  [[nodiscard]] virtual said greet() { return {}; }
  /// The first requests in `received`, at most `most` of them; none: there is more to come. The
  /// first `searched` bytes were shown before.
  [[nodiscard]] virtual whole_frames find(std::string_view received, std::size_t searched,
                                          std::size_t most) = 0;
  [[nodiscard]] virtual said answer(std::string_view requests, std::size_t count) = 0;

  /// Whether the protocol has this error in place of the answer to this request; an empty one
  /// stands for the greeting.
  [[nodiscard]] virtual bool can_refuse(std::string_view /*request*/,
                                        std::string_view /*code*/) const {
    return false;
  }
  /// That error. REQUIRES: can_refuse; accepts_error of the target's kind.
  [[nodiscard]] virtual said refuse(std::string_view request, std::string_view code);

  /// How many replies end in `unsent`, the last of what was said.
  [[nodiscard]] virtual std::size_t replies_in(std::string_view unsent) const = 0;
  /// Nothing is unsent.
  virtual void all_sent() {}
};

/// Of those who answer one request after the other.
class one_by_one : public conversation {
 public:
  [[nodiscard]] std::size_t replies_in(std::string_view unsent) const override;
  void all_sent() override { lengths_.clear(); }

 protected:
  [[nodiscard]] said say(std::string bytes, bool last = false);

 private:
  std::string text_;
  std::deque<std::size_t> lengths_; ///< of what was said since all was sent
};

/// What stands between blanks.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);

/// The meaning of a code in a table of both; "injected" where it is not there.
[[nodiscard]] std::string_view
meaning_in(std::span<std::pair<std::string_view, std::string_view> const> table,
           std::string_view code);

/// What all connections to a server share.
class store;
[[nodiscard]] std::shared_ptr<store> make_store();

/// For one connection. `options` outlive it.
[[nodiscard]] std::unique_ptr<conversation> converse(target_options const& options,
                                                     std::shared_ptr<store> const& shared);

} // namespace conecta::target
