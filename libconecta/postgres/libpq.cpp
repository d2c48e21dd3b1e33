// The module "postgres": sessions by libpq, which does TLS and SCRAM.
//
// What the URL leaves open is libpq's: its variables (PGSSLMODE, ...) hold. It prints nothing.

#include "protocol/client_session.hpp"

#include <libpq-fe.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <regex>
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

class libpq_session final : public client_session {
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
    if (asked_) {
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
      return wishes_.asks == level::query ? ask() : client_answer{};
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

 private:
  std::optional<client_answer> ask() {
    asked_ = true;
    if (PQsendQuery(session_.get(), wishes_.query.c_str()) != 1) {
      return failed();
    }
    PQsetSingleRowMode(session_.get()); // a row at a time, whatever the query returns
    return hear();
  }

  std::optional<client_answer> hear() {
    wanted_ = PQflush(session_.get()) == 1 ? net::readiness::writable : net::readiness::readable;
    if (PQconsumeInput(session_.get()) != 1) {
      return failed();
    }
    while (PQisBusy(session_.get()) == 0) {
      std::unique_ptr<PGresult, clear> const result{PQgetResult(session_.get())};
      if (result == nullptr) {
        return answer_;
      }
      auto const status = PQresultStatus(result.get());
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

  /// By libpq's text: "...: FATAL:  28P01: password authentication failed ...".
  [[nodiscard]] client_answer failed() const {
    std::string const text = PQerrorMessage(session_.get());
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
    return {client_answer::kind::lost, {}, std::move(line), errno_in(text)};
  }

  client_wishes wishes_;
  std::unique_ptr<PGconn, finish> session_;
  net::readiness wanted_ = net::readiness::writable;
  bool begun_ = false;
  bool asked_ = false;
  client_answer answer_;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::protocol::client_session*
conecta_open_client_1(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libpq_session{with};
}
