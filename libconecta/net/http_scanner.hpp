#pragma once

// Where a response of HTTP/1.1 ends (RFC 9112), followed as it arrives, and whether another request
// may follow on its connection. Interim responses (1xx) are passed over.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace conecta::net {

class http_scanner {
 public:
  enum class progress : std::uint8_t { need_more, complete, malformed, oversized };

  enum class asked : std::uint8_t { with_body, head };
  explicit http_scanner(asked how);
  http_scanner(http_scanner&&) noexcept;
  http_scanner& operator=(http_scanner&&) noexcept;
  ~http_scanner();

  /// `received` is all that came, what was shown before included.
  [[nodiscard]] progress examine(std::string_view received);
  /// The server closed: the end of a body that has no length.
  [[nodiscard]] progress examine_at_end();

  /// Of a complete response, with the interim ones before it.
  [[nodiscard]] std::size_t length() const noexcept { return done_; }
  [[nodiscard]] bool keeps_alive() const noexcept;

 private:
  class parser;

  [[nodiscard]] progress examine_start(std::string_view rest);

  asked how_;
  std::unique_ptr<parser> parser_;
  std::size_t done_ = 0;
  std::size_t searched_ = 0; // of a head whose end has not come
};

/// 100 to 199 say that more is to come, but for 101, which changes what is spoken.
[[nodiscard]] constexpr bool is_interim_status(int status) noexcept {
  return status >= 100 && status < 200 && status != 101;
}

/// The status of a response that begins so; 0: it is none.
[[nodiscard]] int http_status_of(std::string_view response) noexcept;

} // namespace conecta::net
