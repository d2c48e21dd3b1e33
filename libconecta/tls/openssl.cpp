// The module "tls": channels by OpenSSL. TLS 1.2 and later, as a client.
//
// Files are read when the first channel with them opens, and not again: an SSL_CTX is kept for each
// set of options, because the authorities of a system take milliseconds to read.

#include "net/channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <mutex>
#include <sys/socket.h>
#include <tuple>

namespace conecta::net {

namespace {

template <auto Free>
struct freed_by {
  template <class Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using context_pointer = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using session_pointer = std::unique_ptr<SSL, freed_by<SSL_free>>;

// Bytes of a session to and from its socket, without a signal where the peer is gone.

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int write_to_socket(BIO* bio, char const* bytes, int count) {
  BIO_clear_retry_flags(bio);
  auto const sent =
      ::send(socket_of(bio), bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* into, int room) {
  BIO_clear_retry_flags(bio);
  auto const came = ::recv(socket_of(bio), into, static_cast<std::size_t>(room), MSG_DONTWAIT);
  if (came < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_read(bio);
  }
  return static_cast<int>(came);
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD const* socket_method() {
  static BIO_METHOD* const made = [] {
    auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(method, write_to_socket);
    BIO_meth_set_read(method, read_from_socket);
    BIO_meth_set_ctrl(method, control_socket);
    return method;
  }();
  return made;
}

context_pointer new_context(tls_options const& options, tls_problem& problem) {
  context_pointer made{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(made.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(made.get(),
                      SSL_OP_IGNORE_UNEXPECTED_EOF); // the protocols know where they end
  if (options.verifies) {
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    bool const read = options.ca_file.empty()
                          ? SSL_CTX_set_default_verify_paths(made.get()) == 1
                          : SSL_CTX_load_verify_file(made.get(), options.ca_file.c_str()) == 1;
    if (!read) {
      problem = tls_problem::bad_ca_file;
      return nullptr;
    }
  }
  if (!options.certificate_file.empty()) {
    auto const& key = options.key_file.empty() ? options.certificate_file : options.key_file;
    if (SSL_CTX_use_certificate_chain_file(made.get(), options.certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(made.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(made.get()) != 1) {
      problem = tls_problem::bad_certificate;
      return nullptr;
    }
  }
  return made;
}

/// Null with `problem` where a file cannot be used; that is tried again the next time.
SSL_CTX* context_for(tls_options const& options, tls_problem& problem) {
  static std::mutex one_at_a_time;
  static std::map<std::tuple<std::string, std::string, std::string, bool>, context_pointer> known;
  std::lock_guard const alone{one_at_a_time};
  auto& kept =
      known[{options.ca_file, options.certificate_file, options.key_file, options.verifies}];
  if (kept == nullptr) {
    kept = new_context(options, problem);
  }
  ERR_clear_error();
  return kept.get();
}

bool is_numeric(std::string const& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

/// What a chain was not trusted for.
tls_problem meant_by_verification(long result) {
  switch (result) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return tls_problem::expired;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return tls_problem::not_yet_valid;
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return tls_problem::name_mismatch;
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    return tls_problem::unknown_authority;
  default:
    return tls_problem::unverified;
  }
}

/// What the library gave up for; alerts are what the peer says.
tls_problem meant_by_reason(int reason) {
  switch (reason) {
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_PACKET_LENGTH_TOO_LONG:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_BAD_RECORD_TYPE:
  case SSL_R_UNEXPECTED_MESSAGE:
    return tls_problem::not_tls;
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    return tls_problem::wants_certificate;
  default:
    return reason >= SSL_AD_REASON_OFFSET ? tls_problem::refused : tls_problem::other;
  }
}

std::chrono::system_clock::time_point time_of(ASN1_TIME const* text) {
  std::tm parts{};
  ASN1_TIME_to_tm(text, &parts);
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

class openssl_channel final : public channel {
 public:
  openssl_channel(SSL_CTX* with, int socket, tls_options const& options) : session_{SSL_new(with)} {
    auto* const bio = BIO_new(socket_method());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(session_.get(), bio, bio);
    SSL_set_connect_state(session_.get());
    auto const& name = options.server_name;
    if (is_numeric(name)) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), name.c_str());
    } else {
      SSL_set_tlsext_host_name(session_.get(), name.c_str());
      SSL_set1_host(session_.get(), name.c_str());
    }
  }

  progress shake_hands() noexcept override {
    auto const result = tried([&] { return SSL_do_handshake(session_.get()); });
    if (result > 0) {
      return progress::done;
    }
    if (result < 0 && errno == EAGAIN) {
      return progress::waits;
    }
    if (result == 0) {
      problem_ = tls_problem::ended;
    }
    return progress::failed;
  }

  [[nodiscard]] tls_problem problem() const noexcept override { return problem_; }

  ssize_t send(std::string_view bytes) noexcept override {
    auto const count =
        tried([&] { return SSL_write(session_.get(), bytes.data(), int_of(bytes.size())); });
    if (count == 0) { // the peer has ended the session
      errno = EPIPE;
      return -1;
    }
    return count;
  }
  ssize_t receive(char* into, std::size_t room) noexcept override {
    return tried([&] { return SSL_read(session_.get(), into, int_of(room)); });
  }
  ssize_t peek(char* into, std::size_t room) noexcept override {
    return tried([&] { return SSL_peek(session_.get(), into, int_of(room)); });
  }
  [[nodiscard]] readiness wanted() const noexcept override { return wanted_; }
  [[nodiscard]] bool holds_bytes() const noexcept override {
    return SSL_pending(session_.get()) > 0; // a record that is not whole yet is none of it
  }
  void say_goodbye() noexcept override {
    if (problem_ == tls_problem::none && SSL_is_init_finished(session_.get()) == 1) {
      SSL_shutdown(session_.get());
    }
    ERR_clear_error();
  }

  [[nodiscard]] std::optional<std::chrono::system_clock::time_point> expires() const override {
    std::optional<std::chrono::system_clock::time_point> first;
    auto* const chain = SSL_get_peer_cert_chain(session_.get());
    for (int each = 0; chain != nullptr && each < sk_X509_num(chain); ++each) {
      auto const end = time_of(X509_get0_notAfter(sk_X509_value(chain, each)));
      first = std::min(first.value_or(end), end);
    }
    return first;
  }

 private:
  static int int_of(std::size_t count) {
    constexpr std::size_t most = 1 << 30;
    return static_cast<int>(std::min(count, most));
  }

  /// The result as a system call has it. What failed for good is not tried again.
  template <class Call>
  ssize_t tried(Call const& call) noexcept {
    if (problem_ != tls_problem::none) {
      errno = EPROTO;
      return -1;
    }
    errno = 0;
    auto const result = call();
    auto const of_system = errno;
    if (result > 0) {
      return result;
    }
    switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wanted_ = readiness::readable;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_WANT_WRITE:
      wanted_ = readiness::writable;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      errno = of_system;
      return of_system != 0 ? -1 : 0;
    default:
      break;
    }
    bool const verifying = SSL_get_verify_mode(session_.get()) != SSL_VERIFY_NONE &&
                           SSL_is_init_finished(session_.get()) == 0;
    auto const verified = verifying ? SSL_get_verify_result(session_.get()) : X509_V_OK;
    problem_ = verified != X509_V_OK ? meant_by_verification(verified)
                                     : meant_by_reason(ERR_GET_REASON(ERR_peek_error()));
    ERR_clear_error();
    errno = EPROTO;
    return -1;
  }

  session_pointer session_;
  tls_problem problem_ = tls_problem::none;
  readiness wanted_ = readiness::readable;
};

} // namespace

} // namespace conecta::net

extern "C" conecta::net::channel* conecta_open_tls_1(int socket,
                                                     conecta::net::tls_options const& options,
                                                     conecta::net::tls_problem& problem) {
  using namespace conecta::net;
  auto* const context = context_for(options, problem);
  return context != nullptr ? new openssl_channel{context, socket, options} : nullptr;
}
