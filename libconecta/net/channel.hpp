#pragma once

// What stands between the bytes of a protocol and its socket, if anything does: TLS. The module
// that has a library for it implements this (libconecta/tls).
//
// Thread safety: one thread at a time.

#include "net/readiness.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace conecta::net {

struct tls_options {
  std::string server_name;                ///< asked for and verified; empty: the URL's host
  std::string ca_file;                    ///< PEM, in place of the system's authorities
  std::string certificate_file, key_file; ///< PEM, of this client; empty: none
  bool verifies = true;                   ///< the chain and the name
};

/// Why there is no TLS. An error code of these has its message.
enum class tls_problem : std::uint8_t {
  none,
  built_without,     ///< there is no module
  bad_ca_file,       ///< cannot be read, or holds no certificate
  bad_certificate,   ///< of this client: cannot be read, or does not fit its key
  not_tls,           ///< the peer speaks something else
  name_mismatch,     ///< the certificate is another name's
  expired,           ///< the certificate, or another of its chain
  not_yet_valid,     ///< likewise
  unknown_authority, ///< or self-signed
  unverified,        ///< not trusted for another reason
  wants_certificate, ///< of this client, or another one
  refused,           ///< by an alert of the peer
  ended,             ///< by the peer, in the middle
  other,
};

[[nodiscard]] boost::system::error_code make_error_code(tls_problem which) noexcept;
/// Whether `code` is one of them.
[[nodiscard]] bool is_of_tls(boost::system::error_code const& code) noexcept;

class channel {
 public:
  virtual ~channel() = default;

  enum class progress : std::uint8_t { done, waits, failed };
  /// Goes on with the handshake. When it waits: for wanted(). When it failed: of problem(), or,
  /// where that is none, of errno.
  [[nodiscard]] virtual progress shake_hands() noexcept = 0;
  [[nodiscard]] virtual tls_problem problem() const noexcept = 0;

  /// As send(2) and recv(2) have it; 0 received: the peer ended it. Below zero with EAGAIN: wait
  /// for what is wanted(), with EPROTO: of problem().
  [[nodiscard]] virtual ssize_t send(std::string_view bytes) noexcept = 0;
  [[nodiscard]] virtual ssize_t receive(char* into, std::size_t room) noexcept = 0;
  /// As receive, but it leaves what it shows.
  [[nodiscard]] virtual ssize_t peek(char* into, std::size_t room) noexcept = 0;
  [[nodiscard]] virtual readiness wanted() const noexcept = 0;
  /// Whether something was deciphered that has not been received yet: the socket tells no more of
  /// it.
  [[nodiscard]] virtual bool holds_bytes() const noexcept = 0;
  /// Tells the peer that this is the end; never waits.
  virtual void say_goodbye() noexcept = 0;

  /// When the first certificate of the peer's chain expires; none: it has none.
  [[nodiscard]] virtual std::optional<std::chrono::system_clock::time_point> expires() const = 0;
};

/// TLS as a client over a connected socket, which outlives it. Null with `problem` where it cannot
/// be.
[[nodiscard]] std::unique_ptr<channel> open_tls(int socket, tls_options const& options,
                                                tls_problem& problem);

/// What the module offers.
using open_tls_function = channel*(int socket, tls_options const& options, tls_problem& problem);
inline constexpr char const* open_tls_entry = "conecta_open_tls_1";

} // namespace conecta::net

template <>
struct boost::system::is_error_code_enum<conecta::net::tls_problem> : std::true_type {};
