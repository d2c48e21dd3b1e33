#pragma once

// Sessions of PostgreSQL as the resources of a pool<T>, by libpq. docs/endpoints.md has an example.
//
//   open   logs in; passwords and all else that the text leaves open are libpq's to find
//   check  an empty query, which costs the server the least
//   reset  (on_return::reset) ROLLBACK where a transaction was left open, and DISCARD ALL
//   look   whether the server hung up or said something that nobody asked for
//   close  says goodbye
//
// Every hook ends at its deadline, and when it is asked to stop. An open that fails throws
// std::runtime_error with libpq's words, or std::system_error timed_out.
// Thread safety: as libpq has it, a session is one thread's at a time.
// Needs libpq: find_package(conecta COMPONENTS postgres), and link conecta::postgres.
// Source: https://www.postgresql.org/docs/15/libpq-async.html

#include <conecta/endpoint.hpp>
#include <conecta/socket_wait.hpp>

#include <libpq-fe.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace conecta {

/// An open session; it closes itself.
class postgres_session {
 public:
  explicit postgres_session(PGconn* session) noexcept : session_{session} {}

  [[nodiscard]] PGconn* get() const noexcept { return session_.get(); }

 private:
  struct finish {
    void operator()(PGconn* session) const noexcept { PQfinish(session); }
  };

  std::unique_ptr<PGconn, finish> session_;
};

namespace hooks {

[[nodiscard]] inline postgres_session open_postgres(std::string const& settings,
                                                    hook_context const& until) {
  postgres_session made{PQconnectStart(settings.c_str())};
  if (made.get() == nullptr) {
    throw std::bad_alloc{};
  }
  auto state =
      PQstatus(made.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    auto const awaited =
        state == PGRES_POLLING_READING ? socket_event::readable : socket_event::writable;
    if (!wait_for_socket(PQsocket(made.get()), awaited, until)) {
      throw std::system_error{std::make_error_code(std::errc::timed_out), "PostgreSQL"};
    }
    state = PQconnectPoll(made.get());
  }
  if (state != PGRES_POLLING_OK) {
    throw std::runtime_error{PQerrorMessage(made.get())};
  }
  return made;
}

/// Whether the server took the statement, in time.
[[nodiscard]] inline bool ask_postgres(PGconn* session, char const* statement,
                                       hook_context const& until) {
  if (PQsendQuery(session, statement) != 1) {
    return false;
  }
  bool good = true;
  for (;;) {
    while (PQisBusy(session) != 0) {
      if (!wait_for_socket(PQsocket(session), socket_event::readable, until) ||
          PQconsumeInput(session) != 1) {
        return false;
      }
    }
    auto* const result = PQgetResult(session);
    if (result == nullptr) {
      return good;
    }
    auto const status = PQresultStatus(result);
    good = good && (status == PGRES_EMPTY_QUERY || status == PGRES_COMMAND_OK);
    PQclear(result);
  }
}

[[nodiscard]] inline bool reset_postgres(PGconn* session, hook_context const& until) {
  bool const at_rest =
      PQtransactionStatus(session) == PQTRANS_IDLE || ask_postgres(session, "ROLLBACK", until);
  return at_rest && ask_postgres(session, "DISCARD ALL", until);
}

} // namespace hooks

/// `settings` as libpq has them: "host=db.internal dbname=shop user=anna", or a URL.
[[nodiscard]] inline blocking_endpoint<postgres_session> postgres_endpoint(std::string settings) {
  return {
      .open = [settings = std::move(settings)](
                  hook_context const& until) { return hooks::open_postgres(settings, until); },
      .check =
          [](postgres_session& session, unsigned, hook_context const& until) {
            return hooks::ask_postgres(session.get(), "", until);
          },
      .reset =
          [](postgres_session& session, hook_context const& until) {
            return hooks::reset_postgres(session.get(), until);
          },
      .look = [](postgres_session& session) { return socket_is_quiet(PQsocket(session.get())); }};
}

} // namespace conecta
