#pragma once

// A session that the server's own client library holds, over a socket of its own: it is asked in
// statements of its language, not in bytes. One step at a time, so that nothing of it blocks.
//
// Thread safety: one thread at a time.

#include "net/readiness.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::net {

struct client_answer {
  enum class kind : std::uint8_t {
    ready,   ///< the session, or its answer: `text` is the first value of the first row, if any
    refused, ///< by the server: `code` and `text` are its own
    foreign, ///< what came makes no sense
    lost,    ///< no answer of the server: `system` is an errno, 0 where there is none
  } what = kind::ready;
  std::string code = {};
  std::string text = {};
  int system = 0;
};

class client_session {
 public:
  virtual ~client_session() = default;

  /// Goes on as far as it can without waiting: first with opening itself, then with what it was
  /// asked. None: it waits for wanted() at socket(), which may be another one each time until it is
  /// open. The rows of an answer are read one by one, and forgotten.
  [[nodiscard]] virtual std::optional<client_answer> go_on() = 0;
  [[nodiscard]] virtual int socket() const = 0;
  [[nodiscard]] virtual readiness wanted() const = 0;
  /// Whether the server was reached.
  [[nodiscard]] virtual bool reached() const = 0;

  /// A statement, which is copied; an empty one asks whether the server is there. REQUIRES: it was
  /// ready, and nothing is being asked.
  virtual void ask(std::string_view statement) = 0;
  /// Whether it can be asked again, by somebody else: it is open, and in no transaction.
  [[nodiscard]] virtual bool reusable() const = 0;
};

} // namespace conecta::net
