// The module "postgres": sessions by libpq, which does TLS and SCRAM.
//
// What the URL leaves open is libpq's: its variables (PGSSLMODE, ...) hold. It prints nothing.

#include "protocol/client_session.hpp"
#include "protocol/hang_up.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <regex>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace conecta::protocol {

namespace {

struct finish {
  void operator()(PGconn* session) const noexcept { PQfinish(session); }
};
struct clear {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};

constexpr std::size_t most_kept = std::size_t{1} << 20; ///< of a value

/// What libpq says of bytes that no PostgreSQL sends.
bool is_nonsense(std::string const& text) {
  static std::regex const said{
      "invalid response to SSL|expected authentication request|received invalid|"
      "lost synchronization|unexpected response from server|insufficient data|"
      "do not agree with length|could not interpret|extraneous data"};
  return std::regex_search(text, said);
}

/// The beginning of the kernel's struct (linux/tcp.h), of which the C library's has less.
struct counted_tcp_info {
  tcp_info known{};
  std::uint64_t pacing_rate = 0, max_pacing_rate = 0, bytes_acked = 0, bytes_received = 0;
};
static_assert(sizeof(tcp_info) == 104);

/// On this connection, since it was opened; 0 where the system does not tell.
std::uint64_t bytes_received(int socket) {
  counted_tcp_info now;
  socklen_t size = sizeof now;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &now, &size) == 0 ? now.bytes_received : 0;
}

/// libpq tells of the system's errors in words only.
int errno_in(std::string const& text) {
  constexpr std::array known{ECONNREFUSED, ECONNRESET, ETIMEDOUT, ENETUNREACH,
                             EHOSTUNREACH, ENOENT,     EACCES,    EMFILE};
  for (int const each : known) {
    if (text.find(std::strerror(each)) != std::string::npos) {
      return each;
    }
  }
  return 0;
}

using net::client_answer;

class libpq_session final : public net::client_session {
 public:
  explicit libpq_session(client_wishes const& with) : wishes_{with} {
    auto const port = std::to_string(with.port);
    auto const& tls = with.tls;
    std::vector<std::pair<char const*, std::string>> const settings{
        {"host", with.host},
        {"hostaddr", with.address},
        {"port", port},
        {"user", with.user},
        {"password", with.password.value_or("")},
        {"dbname", with.database},
        {"sslmode", !with.sslmode.empty()  ? with.sslmode
                    : !tls.verifies        ? "require"
                    : !tls.ca_file.empty() ? "verify-full"
                                           : ""},
        {"sslrootcert", tls.ca_file},
        {"sslcert", tls.certificate_file},
        {"sslkey", tls.key_file},
        {"gssencmode", "disable"},
        {"application_name", "conecta"}};
    std::vector<char const*> names;
    std::vector<char const*> values;
    for (auto const& [name, value] : settings) {
      names.push_back(name);
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    session_.reset(PQconnectStartParams(names.data(), values.data(), 0));
    if (session_ != nullptr) {
      PQsetErrorVerbosity(session_.get(), PQERRORS_VERBOSE); // with the SQLSTATE
      PQsetNoticeProcessor(session_.get(), [](void*, char const*) {}, nullptr);
    }
  }

  std::optional<client_answer> go_on() override {
    if (session_ == nullptr) {
      return client_answer{client_answer::kind::lost, {}, "out of memory", ENOMEM};
    }
    if (asks_) {
      return hear();
    }
    if (!begun_) { // the first poll is to wait for room to write
      begun_ = true;
      return PQstatus(session_.get()) == CONNECTION_BAD ? std::optional{failed()} : std::nullopt;
    }
    switch (PQconnectPoll(session_.get())) {
    case PGRES_POLLING_READING:
      wanted_ = net::readiness::readable;
      return std::nullopt;
    case PGRES_POLLING_WRITING:
      wanted_ = net::readiness::writable;
      return std::nullopt;
    case PGRES_POLLING_OK:
      if (wishes_.asks != level::query) {
        wishes_.deadline = never;
        return client_answer{};
      }
      ask(wishes_.query);
      watch_.emplace(socket(), wishes_.deadline, [this] { return has_too_much(); });
      return hear();
    default:
      return failed();
    }
  }

  [[nodiscard]] int socket() const override { return PQsocket(session_.get()); }
  [[nodiscard]] net::readiness wanted() const override { return wanted_; }
  [[nodiscard]] bool reached() const override {
    auto const now = PQstatus(session_.get());
    return begun_ && now != CONNECTION_STARTED && now != CONNECTION_BAD && now != CONNECTION_NEEDED;
  }

  /// An empty query is answered as such, and costs the server the least.
  void ask(std::string_view statement) override {
    asks_ = true;
    first_ = true;
    answer_ = {};
    sent_ = PQsendQuery(session_.get(), std::string{statement}.c_str()) == 1;
    PQsetSingleRowMode(session_.get()); // a row at a time, whatever the query returns
  }

  [[nodiscard]] bool reusable() const override {
    return PQstatus(session_.get()) == CONNECTION_OK &&
           PQtransactionStatus(session_.get()) == PQTRANS_IDLE;
  }

 private:
  std::optional<client_answer> hear() {
    if (!sent_) {
      return failed();
    }
    wanted_ = PQflush(session_.get()) == 1 ? net::readiness::writable : net::readiness::readable;
    auto const received = bytes_received(socket());
    if (has_too_much()) { // libpq keeps a message until it is whole
      return too_long();
    }
    if (PQconsumeInput(session_.get()) != 1) {
      return failed();
    }
    while (PQisBusy(session_.get()) == 0) {
      std::unique_ptr<PGresult, clear> const result{PQgetResult(session_.get())};
      understood_ = received;
      if (result == nullptr) {
        asks_ = false;
        watch_.reset();
        wishes_.deadline = never;
        return answer_;
      }
      auto const status = PQresultStatus(result.get());
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        return client_answer{client_answer::kind::lost, {}, "COPY is not supported", 0};
      }
      if (status == PGRES_SINGLE_TUPLE && first_ && PQnfields(result.get()) > 0) {
        auto const size = static_cast<std::size_t>(PQgetlength(result.get(), 0, 0));
        answer_.text.assign(PQgetvalue(result.get(), 0, 0), std::min(size, most_kept));
      }
      first_ = first_ && status != PGRES_SINGLE_TUPLE;
      if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        auto const field = [&](int which) {
          auto const* const text = PQresultErrorField(result.get(), which);
          return std::string{text != nullptr ? text : ""};
        };
        answer_ = {client_answer::kind::refused, field(PG_DIAG_SQLSTATE),
                   field(PG_DIAG_MESSAGE_PRIMARY)};
        if (answer_.code.empty()) { // not the server's
          return failed();
        }
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] bool has_too_much() const {
    return bytes_received(socket()) > understood_ + most_of_a_message;
  }

  static client_answer too_long() {
    return {client_answer::kind::lost, {}, "a message of more than 4 MiB", EMSGSIZE};
  }

  /// By libpq's text: "...: FATAL:  28P01: password authentication failed ...".
  [[nodiscard]] client_answer failed() const {
    std::string const text = PQerrorMessage(session_.get());
    if (watch_ && watch_->was_for_size()) {
      return too_long();
    }
    if (std::chrono::steady_clock::now() >= wishes_.deadline) { // and it was hung up
      return {client_answer::kind::lost, {}, "no complete answer in time", ETIMEDOUT};
    }
    static std::regex const of_the_server{R"(:  ([0-9A-Z]{5}): ([^\n]*))"};
    std::smatch found;
    if (std::regex_search(text, found, of_the_server)) {
      return {client_answer::kind::refused, found[1], found[2]};
    }
    // A server that wants a password, and none was given: libpq says it in the server's place.
    if (PQconnectionNeedsPassword(session_.get()) == 1) {
      return {client_answer::kind::refused, "28000", "it wants a password"};
    }
    auto line = text.substr(0, text.find('\n'));
    auto const what = is_nonsense(text) ? client_answer::kind::foreign : client_answer::kind::lost;
    return {what, {}, std::move(line), errno_in(text)};
  }

  client_wishes wishes_;
  std::unique_ptr<PGconn, finish> session_;
  net::readiness wanted_ = net::readiness::writable;
  bool begun_ = false;
  bool asks_ = false;
  bool sent_ = false;
  bool first_ = false;                        ///< no row has come
  std::atomic<std::uint64_t> understood_ = 0; ///< bytes received when the latest result was whole
  std::optional<hang_up> watch_; ///< libpq reads on for as long as a server sends quickly enough
  client_answer answer_;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::net::client_session*
conecta_open_client_4(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libpq_session{with};
}
