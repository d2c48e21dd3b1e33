#pragma once

// Sessions of MySQL and MariaDB as the resources of a pool<T>, by libmariadb (MariaDB Connector/C).
// docs/endpoints.md has an example.
//
//   open   logs in
//   check  COM_PING
//   reset  (on_return::reset) COM_RESET_CONNECTION: rolls back, and forgets variables and
//          temporary tables
//   look   whether the server hung up or said something that nobody asked for
//   close  says goodbye
//
// Every hook ends at its deadline, and when it is asked to stop. An open that fails throws
// std::runtime_error with the library's words, or std::system_error timed_out.
// Thread safety: as libmariadb has it, a session is one thread's at a time.
// Needs libmariadb: find_package(conecta COMPONENTS mysql), and link conecta::mysql.
// Source: https://mariadb.com/kb/en/non-blocking-client-library/

#include <conecta/endpoint.hpp>
#include <conecta/socket_wait.hpp>

#include <mysql.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace conecta {

/// Whom to log in where.
struct mysql_login {
  std::string host = "127.0.0.1";
  unsigned port = 3306;
  std::string user = {};
  std::string password = {};
  std::string database = {};
  std::string socket_path = {}; ///< of a Unix domain socket, in place of host and port
};

/// An open session; it closes itself.
class mysql_session {
 public:
  explicit mysql_session(MYSQL* session) noexcept : session_{session} {}

  [[nodiscard]] MYSQL* get() const noexcept { return session_.get(); }

 private:
  struct close {
    void operator()(MYSQL* session) const noexcept { mysql_close(session); }
  };

  std::unique_ptr<MYSQL, close> session_;
};

namespace hooks {

/// Goes on with what was started until it needs to wait no more; false if that was called off. The
/// session can only be closed then.
template <class Continue>
[[nodiscard]] bool finish_mysql(MYSQL* session, int waits_for, Continue const& go_on,
                                hook_context const& until) {
  while (waits_for != 0) {
    bool const reads = (waits_for & MYSQL_WAIT_READ) != 0;
    if (!wait_for_socket(static_cast<int>(mysql_get_socket(session)),
                         reads ? socket_event::readable : socket_event::writable, until)) {
      return false;
    }
    waits_for = go_on(reads ? MYSQL_WAIT_READ : MYSQL_WAIT_WRITE);
  }
  return true;
}

[[nodiscard]] inline mysql_session open_mysql(mysql_login const& who, hook_context const& until) {
  mysql_session made{mysql_init(nullptr)};
  auto* const session = made.get();
  if (session == nullptr) {
    throw std::bad_alloc{};
  }
  mysql_options(session, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(session, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  MYSQL* connected = nullptr;
  auto const given = [](std::string const& text) { return text.empty() ? nullptr : text.c_str(); };
  auto const waits_for = mysql_real_connect_start(
      &connected, session, who.host.c_str(), who.user.c_str(), who.password.c_str(),
      given(who.database), who.port, given(who.socket_path), 0);
  auto const go_on = [&](int ready) { return mysql_real_connect_cont(&connected, session, ready); };
  if (!finish_mysql(session, waits_for, go_on, until)) {
    throw std::system_error{std::make_error_code(std::errc::timed_out), "MySQL"};
  }
  if (connected == nullptr) {
    throw std::runtime_error{mysql_error(session)};
  }
  return made;
}

[[nodiscard]] inline bool ping_mysql(MYSQL* session, hook_context const& until) {
  int failed = 1;
  auto const waits_for = mysql_ping_start(&failed, session);
  auto const go_on = [&](int ready) { return mysql_ping_cont(&failed, session, ready); };
  return finish_mysql(session, waits_for, go_on, until) && failed == 0;
}

[[nodiscard]] inline bool reset_mysql(MYSQL* session, hook_context const& until) {
  int failed = 1;
  auto const waits_for = mysql_reset_connection_start(&failed, session);
  auto const go_on = [&](int ready) {
    return mysql_reset_connection_cont(&failed, session, ready);
  };
  return finish_mysql(session, waits_for, go_on, until) && failed == 0;
}

} // namespace hooks

[[nodiscard]] inline blocking_endpoint<mysql_session> mysql_endpoint(mysql_login who) {
  return {
      .open = [who = std::move(who)](
                  hook_context const& until) { return hooks::open_mysql(who, until); },
      .check = [](mysql_session& session, unsigned,
                  hook_context const& until) { return hooks::ping_mysql(session.get(), until); },
      .reset = [](mysql_session& session,
                  hook_context const& until) { return hooks::reset_mysql(session.get(), until); },
      .look =
          [](mysql_session& session) {
            return socket_is_quiet(static_cast<int>(mysql_get_socket(session.get())));
          }};
}

} // namespace conecta
